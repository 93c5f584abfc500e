"""The app in its headless window, with an eye on every frame that was drawn."""

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mobile.window import prepare


def run(folder: Path, drawn: Callable[[Any, Any], None]) -> None:
    """Runs the app on `folder` as `python -m mobile --data` does; `drawn(app, window)` is called after each frame is on the screen."""
    prepare(is_headless=True)
    # Kivy reads its environment when first imported, hence after prepare().
    mobile: Any = importlib.import_module("mobile.app")
    window: Any = importlib.import_module("kivy.core.window").Window
    app = mobile.SimurghApp(mobile.services_in(folder))
    flip = window.flip

    def flipped() -> None:
        flip()
        drawn(app, window)

    window.flip = flipped
    asyncio.run(importlib.import_module("mobile.__main__")._run(app))
