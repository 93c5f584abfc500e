"""Parts that every plan sheet shares: head, who is left out, what changed meanwhile, why it is refused."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.state.plan_flow import PlanFlow
from mobile.state.subjects import subject
from mobile.state.texts import entries
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


def changes(flow: PlanFlow) -> list[Widget]:
    """What each thing is before and after, figures as money; at most the first of them."""
    say, panel = look.say, card(spacing=dp(10))
    shown = flow.plan["changes"][:SHOWN]
    fields = [change["field"] for change in shown]
    for change in shown:
        name = change["field"]
        field = f"field.{name}"
        is_named = field in entries(say.language) and fields.count(name) == 1
        words = say(field) if is_named else subject(say, change["label"])
        panel.add_widget(KeyValue(words, value(change), size=14))
    if flow.plan["changeCount"] > len(shown):
        panel.add_widget(Text(f"+ {say.number(flow.plan['changeCount'] - len(shown))}", 12, 400, "second"))
    return [panel] if shown else [note(say("plan.nothing_changes"))]


def value(change: dict[str, Any]) -> Widget | str:
    """A figure before and after, a price, or words."""
    say, before, after = look.say, change["before"], change["after"]
    if _is_figure(after) and (before is None or _is_figure(before)):
        arrow = Icon("arrow-left" if say.is_rtl else "arrow-right", 16)
        figures = [Word(say.number(after), 14, 500, figures=True)]
        first = [Word(say.number(before), 14, 400, "second", figures=True), arrow] if before is not None else []
        row = Row(*first, *figures, Word(say.rial, 12, 400, "second"), spacing=dp(4), size_hint_x=None)
        row.bind(minimum_width=row.setter("width"))
        return row
    if change["money"] is not None:
        return ColumnFigure(say.amount(change["money"]), say.rial)
    if change["field"] == "state" and f"order.{after}" in entries(say.language):
        return say(f"order.{after}")
    return str(after or "—")


def _is_figure(text: str | None) -> bool:
    return text is not None and text.removeprefix("-").isdigit()


def approvals(flow: PlanFlow) -> list[Widget]:
    """Whose approval it has to wait for, and why; nothing when nobody's."""
    say, found = look.say, []
    for need in flow.plan.get("approvals") or ():
        names = " · ".join(person["name"] for person in need["approvers"]) or say("approval.nobody")
        words = Column(Text(say("approval.needed", names=names), 14, 500, lines=None), spacing=dp(2))
        words.add_widget(Text(say(f"approval.reason.{need['reason']}"), 12, 400, "second", lines=None))
        found.append(card(Row(Disc("shield-check-outline", "warning"), words, spacing=dp(12))))
    return found


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
