"""The sheet of a write: its choices, then what will change, then it is done."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.plan_sheet import parts
from mobile.state.plan_flow import PlanFlow, Step
from mobile.widgets.box import Row
from mobile.widgets.buttons import PillButton
from mobile.widgets.look import look
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import Text


class DeedSheet:
    """One write; a subclass says what is chosen, asked for, shown and told."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.flow: PlanFlow | None = None
        self._unwatch: Callable[[], Any] = lambda: None
        self.sheet = Sheet(closed=self._closed)
        shell.sheet(self.sheet)

    # ── what a write says ──

    def begin(self) -> PlanFlow:
        """The write with what is chosen now."""
        raise NotImplementedError

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """What changes."""
        return parts.changes(flow)

    def act_words(self) -> str:
        """What the button does."""
        raise NotImplementedError

    def done(self, payload: dict[str, Any]) -> None:
        """What comes after it happened; the sheet is closed by then."""
        raise NotImplementedError

    def problem(self) -> bool:
        """Says what isn't chosen right yet; True when something isn't."""
        return False

    # ── the steps ──

    def ask(self, head: Widget, *choices: Widget, is_ready: bool = True) -> None:
        """Shows the choices, and the way to the plan once they are made."""
        say = look.say
        cancel = PillButton(say("action.cancel"), self.sheet.dismiss, "plain", size=14, is_fitted=True)
        self.sheet.show(
            head, *choices, pinned=(Row(cancel, PillButton(say("block.preview"), self._preview, enabled=is_ready), spacing=dp(8)),)
        )

    def _closed(self) -> None:
        self._unwatch()
        if self.flow is not None:
            self.flow.drop()

    def _preview(self) -> None:
        if self.problem():
            return
        self._closed()
        self.flow = self.begin()
        self._unwatch = self.flow.watch(self._draw)
        self._draw()
        self.shell.run(self.flow.preview())

    def _draw(self) -> None:
        flow, say = self.flow, look.say
        assert flow is not None  # noqa: S101 - drawn only once a flow has begun
        top = parts.head(self.sheet.dismiss)
        if flow.step is Step.WAITING:
            self.sheet.show(top, *parts.waiting(), pinned=(PillButton(say("action.close"), self.sheet.dismiss, "tonal"),))
            return
        if flow.step is Step.REFUSED or (not flow.plan and flow.step is not Step.PLANNING):
            self.sheet.show(top, *parts.refusal(flow), pinned=(PillButton(say("action.close"), self.sheet.dismiss, "tonal"),))
            return
        if not flow.plan:
            self.sheet.show(top, *parts.looking())
            return
        content = [*parts.news(flow), *self.shows(flow), *parts.approvals(flow)]
        if flow.problem:
            content += parts.refusal(flow)[:1]
        can_act = bool(flow.plan["changeCount"]) and flow.step is Step.PLANNED
        act = PillButton(self.act_words(), self._act, height=56, enabled=can_act)
        self.sheet.show(top, *content, pinned=(act, Text(say("plan.if_changes_block"), 12, 400, "second", align="center", lines=None)))

    def _act(self) -> None:
        if self.shell.writes_allowed():
            self.shell.run(self._acted())

    async def _acted(self) -> None:
        assert self.flow is not None  # noqa: S101 - the button exists only with a flow
        if await self.flow.apply():
            self.sheet.dismiss(animation=False)
            self.done(self.flow.payload)
