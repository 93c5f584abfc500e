"""Editing SIM cards: holder, cost centre and tags, then what will change, then it is changed."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.plan_sheet.bulk import BulkSheet
from mobile.state.plan_flow import PlanFlow, Step
from mobile.state.selection import Selection
from mobile.state.sim_edit import SimEdit, tags_in
from mobile.widgets.box import Column, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, note
from mobile.widgets.text import Text

NAMES = {
    "holder": "identity.name",
    "holder.employeeNumber": "identity.employeeNumber",
    "costCentre": "identity.costCentre",
    "tags": "identity.tags",
}
CODES = ("holder.employeeNumber", "costCentre")


class EditSheet(BulkSheet):
    """One card is shown with what it has; of many only what is typed changes, and each keeps its holder."""

    icon = "account-circle-outline"

    def __init__(self, shell: Any, selection: Selection, done: Callable[[], Any], sim: dict[str, Any] | None = None) -> None:
        super().__init__(shell, selection, done)
        self.choice = SimEdit(shell.services, selection, sim)
        self._choose()

    def begin(self) -> PlanFlow:
        """The edit."""
        return self.choice.edit()

    def does(self, count: int) -> tuple[str, str]:
        """How many cards change, as far as the plan lists all; what changes stands below."""
        plan: dict[str, Any] = self.flow.plan if self.flow else {}
        if len(plan["changes"]) == plan["changeCount"]:
            count = len({change["label"] for change in plan["changes"]})
        return look.say("plan.edited", count), ""

    def details(self, flow: PlanFlow) -> list[Widget]:
        """Each line of one card before and after; for many, what was typed."""
        say, panel = look.say, card(spacing=dp(10))
        if not flow.plan["changeCount"]:
            return []
        if not self.choice.is_one:
            for key, value in self._typed():
                if value:
                    panel.add_widget(KeyValue(say(key), value))
            return [panel]
        for change in flow.plan["changes"]:
            was = Text(say("edit.was", value=_told(change["field"], change["before"])), 12, 400, "second", align="end", lines=None)
            row = KeyValue(say(NAMES[change["field"]]), _told(change["field"], change["after"]))
            panel.add_widget(Column(row, was, spacing=dp(2)))
        return [panel]

    def act_words(self) -> str:
        """Save."""
        return look.say("action.save")

    def done_words(self, count: int) -> str:
        """Changed."""
        return look.say("edit.done", count)

    def _typed(self) -> tuple[tuple[str, str], ...]:
        choice = self.choice
        return (
            ("identity.costCentre", look.say.code(choice.centre) if choice.centre else ""),
            ("edit.add_tags", _joined(choice.added)),
            ("edit.remove_tags", _joined(choice.removed)),
        )

    def _choose(self) -> None:
        say, choice = look.say, self.choice
        centre = self._field("identity.costCentre", choice.centre, "centre")
        added = self._tag_field("edit.add_tags", choice.added, "added")
        if choice.is_one:
            name = self._field("identity.name", choice.name, "name")
            self._first = name
            content = [name, self._field("identity.employeeNumber", choice.number, "number"), centre, *self._tags(), added]
            hint = "edit.between"
        else:
            self._first = centre
            removed = self._tag_field("edit.remove_tags", choice.removed, "removed")
            content, hint = [centre, added, removed], "edit.empty_stays"
        self.choices(say("edit.title"), *content, note(say(hint)))

    def _field(self, key: str, text: str, name: str) -> Field:
        return Field(look.say(key), text, changed=lambda typed: setattr(self.choice, name, typed))

    def _tag_field(self, key: str, tags: tuple[str, ...], name: str) -> Field:
        return Field(look.say(key), _joined(tags), changed=lambda typed: setattr(self.choice, name, tags_in(typed)))

    def _tags(self) -> list[Widget]:
        """The card's tags; one that is touched is taken off."""
        if not self.choice.tags:
            return []

        def take(tag: str) -> None:
            self.choice.toggle(tag)
            self._choose()

        kept = [(tag, tag not in self.choice.removed) for tag in self.choice.tags]
        chips = [Chip(tag, lambda tag=tag: take(tag), is_on=is_on, icon="check" if is_on else None) for tag, is_on in kept]
        return [Text(look.say("identity.tags"), 14, 500), ChipBar(chips, inset=0)]

    def _preview(self) -> None:
        problem = self.choice.problem
        if problem is not None:
            self._first.complain(problem)
            return
        super()._preview()

    def _draw(self) -> None:
        """A refusal leads back to what was typed."""
        super()._draw()
        flow = self.flow
        if flow is not None and (flow.step is Step.REFUSED or (not flow.plan and flow.step not in (Step.PLANNING, Step.WAITING))):
            self.sheet.pinned.add_widget(PillButton(look.say("action.change"), self._again), 1)

    def _again(self) -> None:
        self._closed()
        self.flow = None
        self._choose()


def _joined(tags: tuple[str, ...]) -> str:
    return ("، " if look.is_rtl else ", ").join(tags)


def _told(field: str, value: str | None) -> str:
    if not value:
        return look.say("edit.none")
    if field == "tags":
        return _joined(tags_in(value))
    return look.say.code(value) if field in CODES else value
