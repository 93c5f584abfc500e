"""Making and changing groups and their automatic payments: choices, then what will change, then it is done."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.gateway import failures
from mobile.screens.plan_sheet import parts
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.groups import UNITS, Group, GroupEdit, Policy, PolicyEdit
from mobile.state.loading import explain
from mobile.state.plan_flow import PlanFlow
from mobile.widgets.box import Column
from mobile.widgets.chips import Chip, ChipBar, Segments
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.text import Text


class GroupSheet(DeedSheet):
    """Name, manager and numbers; `made` is called with the group's id."""

    def __init__(self, shell: Any, made: Callable[[str], Any], group: dict[str, Any] | None = None) -> None:
        super().__init__(shell)
        account = group["account"]["id"] if group else shell.services.session.account.get("id")
        self.edit, self._made = GroupEdit(shell.services, account, group), made
        self._fields: dict[str, Field] = {}
        self._choose()

    def _choose(self) -> None:
        say, edit = look.say, self.edit
        self._fields = {
            name: Field(
                say(f"group.{name}"),
                getattr(edit, name),
                is_tall=name == "numbers",
                changed=lambda typed, name=name: setattr(edit, name, typed),
            )
            for name in ("name", "manager_name", "manager_mobile", "numbers")
        }
        title = say("group.edit" if edit.group else "group.new")
        self.ask(Text(title, 18, 700), *self._fields.values(), note(say("group.numbers_note")))

    def problem(self) -> bool:
        """Says below its field what isn't right."""
        wrong = self.edit.problem
        for name, field in self._fields.items():
            field.complain(wrong[1] if wrong and wrong[0] == name else None)
        return wrong is not None

    def _preview(self) -> None:
        if not self.problem():
            self.shell.run(self._found())

    async def _found(self) -> None:
        """The typed numbers become cards first; one that isn't found keeps the rest from being done."""
        try:
            missing = await self.edit.find()
        except failures.Failure as failure:
            self._fields["numbers"].complain(explain(look.say, failure)[1])
            return
        if missing:
            self._fields["numbers"].complain(look.say("group.not_found", numbers=look.say.code(", ".join(missing))))
            return
        super()._preview()

    def begin(self) -> PlanFlow:
        """The group."""
        return self.edit.flow()

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """What changes, and cards that are left out."""
        content = parts.changes(flow)
        if flow.plan["exclusionCount"]:
            content.append(parts.left_out(flow, flow.plan["exclusions"], flow.plan["exclusionCount"]))
        return content

    def act_words(self) -> str:
        """Save."""
        return look.say("action.save")

    def done(self, payload: dict[str, Any]) -> None:
        """To the group, or to the job that fills it."""
        job = payload.get("job")
        self._made(payload["group"]["id"])
        if job:
            self.shell.go("job", job_id=job["id"])


class GoneSheet(DeedSheet):
    """Taking cards out, deleting a group or an automatic payment: shown at once, since nothing has to be chosen."""

    def __init__(self, shell: Any, flow: Callable[[], PlanFlow], words: str, told: str, done: Callable[[], Any]) -> None:
        super().__init__(shell)
        self._flow, self._words, self._told, self._done = flow, words, told, done
        self._preview()

    def begin(self) -> PlanFlow:
        """What goes."""
        return self._flow()

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """What that means, and what changes."""
        return [note(self._told, "alert-circle-outline", "warning"), *parts.changes(flow)]

    def act_words(self) -> str:
        """What the button does."""
        return self._words

    def done(self, payload: dict[str, Any]) -> None:
        """Back."""
        self._done()


class PolicySheet(DeedSheet):
    """Prepaid lines are topped up, postpaid ones are paid."""

    def __init__(
        self, shell: Any, wallet_id: str, done: Callable[[], Any], group: Group | None = None, policy: Policy | None = None
    ) -> None:
        super().__init__(shell)
        self.edit = PolicyEdit(shell.services, wallet_id, group.group_id if group else None, policy.policy if policy else None)
        self._done = done
        self._fields: dict[str, Field] = {}
        self._choose()

    def _choose(self) -> None:
        say, edit = look.say, self.edit
        kinds = [("AutoTopUpRule", say("policy.kind.top_up")), ("AutoPayRule", say("policy.kind.pay"))]
        names: tuple[str, ...] = ("trigger", "amount") if edit.kind == "AutoTopUpRule" else ("day", "threshold")
        self._fields = {
            name: Field(
                say(f"policy.{name}.{edit.unit}" if name == "trigger" else f"policy.{name}"),
                getattr(edit, name),
                kind="number",
                changed=lambda typed, name=name: setattr(edit, name, typed),
            )
            for name in names
        }
        if edit.kind == "AutoTopUpRule":
            chips = [self._chip(say(f"policy.unit.{unit}"), edit.unit == unit, "unit", unit) for unit in UNITS]
        else:
            chips = [self._chip(say("policy.previous"), not edit.is_current, "is_current", False)]
            chips.append(self._chip(say("policy.current"), edit.is_current, "is_current", True))
        active = self._chip(say("policy.on"), edit.is_active, "is_active", not edit.is_active)
        head = Column(Text(say("policy.title"), 18, 700), Text(say("policy.notices"), 12, 400, "second", lines=None), spacing=dp(2))
        self.ask(
            head,
            Segments(kinds, edit.kind, lambda kind: self._take("kind", kind)),
            ChipBar(chips, inset=0),
            *self._fields.values(),
            ChipBar([active], inset=0),
        )

    def _chip(self, words: str, is_on: bool, name: str, value: Any) -> Chip:
        return Chip(words, lambda: self._take(name, value), is_on=is_on, icon="check" if is_on else None)

    def _take(self, name: str, value: Any) -> None:
        setattr(self.edit, name, value)
        self._choose()

    def problem(self) -> bool:
        """Says below its field what isn't right."""
        wrong = self.edit.problem
        for name, field in self._fields.items():
            field.complain(wrong[1] if wrong and wrong[0] == name else None)
        return wrong is not None

    def begin(self) -> PlanFlow:
        """The automatic payment."""
        return self.edit.flow()

    def act_words(self) -> str:
        """Save."""
        return look.say("action.save")

    def done(self, payload: dict[str, Any]) -> None:
        """Back."""
        self._done()
