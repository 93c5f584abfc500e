"""Keeps a page out of screenshots and the task switcher on Android (FLAG_SECURE); nothing to do elsewhere. Unproven on a device."""

import importlib
from typing import Any

from kivy.utils import platform

FLAG_SECURE = 0x2000


def keep_out_of_screenshots(is_secret: bool) -> None:
    """Sets or clears the window's flag, on the thread that owns it."""
    if platform != "android":
        return
    # Both modules exist on the device only.
    jnius: Any = importlib.import_module("jnius")
    on_ui_thread: Any = importlib.import_module("android.runnable").run_on_ui_thread
    activity = jnius.autoclass("org.kivy.android.PythonActivity").mActivity

    @on_ui_thread
    def change() -> None:
        window = activity.getWindow()
        (window.addFlags if is_secret else window.clearFlags)(FLAG_SECURE)

    change()
