"""The bands that tell of outages, on Home and before signing in."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.box import Column, Strip
from mobile.widgets.look import look
from mobile.widgets.text import Icon, Text


def outage_band(outage: dict[str, Any]) -> Widget:
    """One outage: headline, words, since when, and until when where that is known."""
    say, period = look.say, outage["period"]
    times = say("outage.since", at=say.moment(period["startsAt"]))
    if period["endsAt"]:
        times = f"{times} · {say('outage.until', at=say.moment(period['endsAt']))}"
    words = Column(Text(outage["title"], 14, 700, "on_warning", lines=None), spacing=dp(4))
    words.add_widget(Text(outage["text"], 12, 400, "on_warning", lines=None))
    words.add_widget(Text(times, 12, 500, "on_warning", lines=None))
    picture = Icon("alert-circle-outline", 22, "on_warning", pos_hint={"top": 1})
    return Strip(picture, words, role="warning", radius=20, padding=dp(16), spacing=dp(12))
