"""Parts that every plan sheet shares: head, who is left out, what changed meanwhile, why it is refused."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.state.plan_flow import PlanFlow
from mobile.state.subjects import subject
from mobile.widgets.box import Column, Panel, Row, card
from mobile.widgets.buttons import Disc, IconButton, PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, note
from mobile.widgets.states import bone, bone_card
from mobile.widgets.text import ColumnFigure, Icon, Text, Word, align_column

SHOWN = 6


def head(close: Callable[[], Any], title: str | None = None) -> Row:
    """Title, and that nothing has happened yet."""
    words = Column(Text(title or look.say("plan.title"), 18, 700), Text(look.say("plan.nothing_yet"), 12, 400, "second"), spacing=dp(2))
    return Row(words, IconButton("close", close, label=look.say("action.close")))


def looking() -> list[Widget]:
    """Shapes while the server decides."""
    return [bone_card(bone(180, 16), bone(120, 12)), bone_card(bone(None, 14), bone(None, 14), bone(None, 22))]


def waiting() -> list[Widget]:
    """Nothing is done without network; the draft stays."""
    return [note(look.say("plan.waiting"), "cloud-off-outline", "warning")]


def news(flow: PlanFlow) -> list[Widget]:
    """Why what is shown isn't what was shown before."""
    if flow.was_lost:
        return [note(look.say("plan.lost"), "cloud-off-outline", "warning")]
    return [stale_note()] if flow.is_stale else []


def stale_note() -> Widget:
    """Something changed since it was first shown."""
    return note(look.say("plan.stale"), "alert-circle-outline", "warning")


def doing(flow: PlanFlow, words: str, detail: str, *, is_listed: bool, toggle: Callable[[], Any]) -> Panel:
    """How many cards change, and which when asked."""
    say, plan = look.say, flow.plan
    panel = card()
    if not plan["changeCount"]:
        panel.add_widget(Row(Disc("cancel", "neutral"), Text(say("plan.nobody"), 16, 500, lines=None), spacing=dp(12)))
        return panel
    texts = Column(Text(words, 16, 500, lines=None), spacing=dp(2))
    if detail:
        texts.add_widget(Text(detail, 12, 400, "second"))
    row = Row(Disc("check-bold", "ok"), texts, spacing=dp(12))
    row.add_widget(PillButton(say("plan.list"), toggle, "plain", size=14, height=32, is_fitted=True))
    panel.add_widget(row)
    if is_listed:
        for label in dict.fromkeys(change["label"] for change in plan["changes"]):
            panel.add_widget(_line(subject(say, label), "", label in flow.changed_labels))
    return panel


def left_out(flow: PlanFlow, exclusions: list[dict[str, Any]], count: int) -> Panel:
    """Who is left out, and why."""
    say = look.say
    panel = card(Row(Icon("alert-circle-outline", 20, "on_warning"), Text(say("plan.left_out", count), 14, 500), spacing=dp(8)))
    for one in exclusions[:SHOWN]:
        panel.add_widget(_line(subject(say, one["label"]), one["reason"]["message"], one["label"] in flow.changed_labels))
    if count > SHOWN:
        panel.add_widget(Text(f"+ {say.number(count - SHOWN)}", 12, 400, "second"))
    return panel


def _line(name: str, why: str, is_changed: bool) -> Row:
    row = Row(Word(name, 12, 500), spacing=dp(12))
    if is_changed:
        row.add_widget(Icon("alert-circle-outline", 16, "on_warning"))
        row.add_widget(Word(look.say("plan.changed"), 12, 500, "on_warning"))
    row.add_widget(Text(why, 12, 400, "second", align="end", lines=2))
    return row


def refusal(flow: PlanFlow) -> list[Widget]:
    """Why it can't be done; what is missing when money is."""
    say, payload = look.say, flow.payload
    parts: list[Widget] = [note(flow.problem or say("plan.refused"), "alert-circle-outline", "error")]
    if "required" in payload and "available" in payload:
        rows = [("plan.required", payload["required"]), ("plan.available", payload["available"])]
        figures = [ColumnFigure(say.amount(money), say.rial) for _, money in rows]
        align_column(*figures)
        parts.append(card(*(KeyValue(say(key), figure) for (key, _), figure in zip(rows, figures, strict=True))))
    if flow.rejected:
        parts.append(left_out(flow, flow.rejected, payload["exclusionCount"]))
    return parts
