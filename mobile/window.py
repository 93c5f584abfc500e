"""Prepares Kivy before it is first imported: phone size, no arguments of its own, no noise."""

import importlib
import os
import tempfile

WIDTH, HEIGHT = 412, 915


def prepare(*, density: float = 1.0, is_headless: bool = False) -> None:
    """Sets what Kivy reads once; must run before any other Kivy module is imported."""
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    # Kivy would take standard error over and swallow tracebacks.
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_USE_DEFAULTCONFIG", "1")
    os.environ.setdefault("KIVY_METRICS_DENSITY", str(density))
    os.environ.setdefault("KIVY_DPI", str(160 * density))
    if is_headless:
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
        os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
        os.environ.setdefault("KIVY_CLIPBOARD", "dummy")
        os.environ.setdefault("KIVY_HOME", tempfile.mkdtemp(prefix="simurgh-kivy-"))
    # Importing Kivy reads the environment above, so it comes after it.
    config = importlib.import_module("kivy.config").Config
    config.set("graphics", "width", str(round(WIDTH * density)))
    config.set("graphics", "height", str(round(HEIGHT * density)))
    for device, _ in config.items("input") if is_headless else ():
        config.remove_option("input", device)
