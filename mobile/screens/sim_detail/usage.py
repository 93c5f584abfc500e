"""The usage tab [07]: the last 15 usages with what paid for them."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.bars import freshness
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Disc
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.states import StateView
from mobile.widgets.text import Figure, Text

ICONS = {
    "DATA": "web",
    "VOICE.OUTGOING": "phone-outgoing",
    "VOICE.INCOMING": "phone-incoming",
    "SMS.OUTGOING": "message-outline",
    "SMS.INCOMING": "message-text-outline",
    "OTHER": "swap-horizontal",
}


def cards(page: Any) -> list[Widget]:
    """Rows, newest first; without the right, or without usage, that is said."""
    say, records = look.say, page.model.sim["recentUsage"]
    if records is None:
        return [note(say("usage.no_right"), "lock-outline")]
    if not records:
        view = StateView("history", "container", say("usage.none"), say("usage.none_text"))
        view.size_hint_y, view.height = None, dp(360)
        return [view]
    first = records[0]
    fresh = say("fresh.as_of", time=say.day(first["asOf"], page.model.services.now()), source=say(f"source.{first['source']}"))
    head = Row(Text(say("usage.last", len(records)), 12, 400, "second"), freshness(fresh), padding=(dp(4), 0))
    panel = Panel(padding=(dp(16), dp(4)))
    for at, record in enumerate(records):
        if at:
            panel.add_widget(Line(inset=52))
        panel.add_widget(_row(page, record))
    return [head, panel]


def _row(page: Any, record: dict[str, Any]) -> Widget:
    say = look.say
    kind = _kind(record)
    when = say.day(record["startedAt"], page.model.services.now())
    where = " · ".join(part for part in (say.code(say.digits(record["otherParty"])) if record["otherParty"] else None, when) if part)
    words = Column(Text(say(f"usage.{kind}"), 14, 500), Text(where, 12, 400, "second", lines=None), spacing=dp(2))
    if length := _length(record):
        words.add_widget(Text(length, 12, 400, "second"))
    end = Column(*_cost(record), size_hint_x=None, width=dp(130) * min(look.scale, 1.15), spacing=dp(2))
    return Row(Disc(ICONS[kind], "neutral"), words, end, spacing=dp(12), padding=(0, dp(12)))


def _kind(record: dict[str, Any]) -> str:
    service = record["service"]
    if service in ("VOICE", "SMS"):
        return f"{service}.{record['direction']}"
    return "DATA" if service == "DATA" else "OTHER"


def _length(record: dict[str, Any]) -> str:
    if record["durationSeconds"] is not None:
        return look.say.duration(record["durationSeconds"])
    if record["quantity"]["unit"] == "MESSAGE":
        return look.say("usage.parts", int(record["quantity"]["amount"]))
    return ""


def _cost(record: dict[str, Any]) -> list[Widget]:
    """The volume and the bundle that paid, or the charge; free when neither."""
    say = look.say
    lines: list[Widget] = []
    if record["service"] == "DATA":
        lines.append(Text(say.volume_text(record["quantity"]), 14, 500, align="end"))
    is_charged = int(record["charge"]["amount"]) != 0
    if is_charged:
        lines.append(Figure(say.amount(record["charge"]), say.rial, 14, 500, align="end"))
    if record["bucket"]:
        lines.append(Text(record["bucket"]["name"], 12, 400, "second", align="end"))
    elif is_charged:
        lines.append(Text(say("usage.main"), 12, 400, "second", align="end"))
    else:
        if not lines:
            lines.append(Text("—", 14, 500, align="end"))
        lines.append(Text(say("usage.free"), 12, 400, "second", align="end"))
    return lines
