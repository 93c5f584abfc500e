"""Starts the app: python -m mobile --server URL --language fa --theme light."""

import argparse
import asyncio
import contextlib
import importlib
import os
import pathlib
import tempfile

from mobile.state.settings import THEMES, clean_server
from mobile.state.texts import LANGUAGES
from mobile.window import prepare

# An Android package has a private folder of its own.
DATA = pathlib.Path(os.environ.get("ANDROID_PRIVATE") or pathlib.Path.home() / ".local" / "share" / "simurgh")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m mobile", description="The Simurgh app.")
    parser.add_argument("--server", help="address of the server, http://127.0.0.1:8000 if none was ever given")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--theme", choices=THEMES)
    parser.add_argument("--data", type=pathlib.Path, default=DATA, help="folder of settings, tokens and the offline copy")
    parser.add_argument("--demo", action="store_true", help="an in-memory company instead of a server; the code is 407126")
    parser.add_argument("link", nargs="?", help="a link of an SMS to open: simurgh://password/…")
    given = parser.parse_args()
    if given.server and (address := clean_server(given.server)) is None:
        parser.error(f"not a server address: {given.server}")
    elif given.server:
        given.server = address
    return given


def main() -> None:
    """Opens the window and stays until it is closed."""
    given = arguments()
    prepare()
    # Kivy reads its environment when first imported, hence after prepare().
    app = importlib.import_module("mobile.app")
    chosen = {"server": given.server, "language": given.language, "theme": given.theme}
    if given.demo:
        demo = importlib.import_module("mobile.demo")
        company = demo.DemoServer()
        company.sell()
        company.write_tickets()
        services = app.services_in_memory(pathlib.Path(tempfile.mkdtemp()), company, lambda: demo.NOW, **chosen)
    else:
        services = app.services_in(given.data, **chosen)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(app.SimurghApp(services, given.link)))


async def _run(app: object) -> None:
    try:
        await app.async_run(async_lib="asyncio")  # type: ignore[attr-defined]
    finally:
        await app.shell.stop()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
