"""Every page and state as a PNG: python -m mobile.screenshots OUTDIR [--language fa en ru bg] [--theme light dark] [--only NAME]."""

import argparse
import asyncio
import importlib
import pathlib
import tempfile
from typing import Any

from mobile.state.settings import THEMES
from mobile.state.texts import LANGUAGES
from mobile.window import prepare


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m mobile.screenshots", description="Saves every page and state as PNGs.")
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--language", nargs="+", choices=LANGUAGES, default=["fa", "en"])
    parser.add_argument("--theme", nargs="+", choices=THEMES, default=["light", "dark"])
    parser.add_argument("--only", nargs="+", help="scenes whose name contains one of these")
    parser.add_argument("--scale", type=float, default=1.0, help="text scale, up to 1.3")
    parser.add_argument("--density", type=float, default=1.0, help="pixels a dp; 1 gives 412 by 915")
    return parser.parse_args()


async def save_all(given: argparse.Namespace) -> list[pathlib.Path]:
    """Runs the window once and plays every scene in every wanted look."""
    scenes: Any = importlib.import_module("mobile.scenes")
    given.outdir.mkdir(parents=True, exist_ok=True)
    saved = []
    with tempfile.TemporaryDirectory() as folder:
        async with scenes.Theatre(pathlib.Path(folder)) as theatre:
            for language in given.language:
                for theme in given.theme:
                    for name, scene in scenes.SCENES.items():
                        if given.only and not any(part in name for part in given.only):
                            continue
                        target = given.outdir / f"{name}-{language}-{theme}.png"
                        await theatre.play(scene, target, language=language, theme=theme, scale=given.scale)
                        saved.append(target)
    return saved


def main() -> None:
    """Saves them and says how many."""
    given = arguments()
    prepare(density=given.density, is_headless=True)
    saved = asyncio.run(save_all(given))
    print(f"{len(saved)} pictures in {given.outdir}")  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
