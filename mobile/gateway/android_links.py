"""Links that open the app on Android: the one it was started by, and those that come while it runs. Unproven: no device has run it yet."""

import importlib
from collections.abc import Callable
from typing import Any


def watch_links(then: Callable[[str], Any]) -> None:
    """Hands over each link, `simurgh://…`, as it comes."""
    # Both modules exist on the device only.
    activity: Any = importlib.import_module("jnius").autoclass("org.kivy.android.PythonActivity").mActivity

    def take(intent: Any) -> None:
        if link := intent.getDataString():
            then(str(link))

    importlib.import_module("android.activity").bind(on_new_intent=take)
    take(activity.getIntent())
