"""The sheet of a bulk act: its choices, then what will change, then it is done, at once or by a job."""

from collections.abc import Callable
from typing import Any, ClassVar

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.plan_sheet import parts
from mobile.state.plan_flow import PlanFlow, Step
from mobile.state.selection import Selection
from mobile.widgets.box import Column, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import Text


class BulkSheet:
    """One act on some cards; `done` is called after it happened. A subclass says what is chosen, asked for and told."""

    icon: ClassVar[str]

    def __init__(self, shell: Any, selection: Selection, done: Callable[[], Any]) -> None:
        self.shell, self.selection, self._done = shell, selection, done
        self.flow: PlanFlow | None = None
        self._unwatch: Callable[[], Any] = lambda: None
        self._is_listed = selection.count == 1
        self.sheet = Sheet(closed=self._closed)
        shell.sheet(self.sheet)

    # ── what an act says ──

    def begin(self) -> PlanFlow:
        """The write with what is chosen now."""
        raise NotImplementedError

    def does(self, count: int) -> tuple[str, str]:
        """What happens to that many cards, and how."""
        raise NotImplementedError

    def shows(self, flow: PlanFlow) -> list[Widget]:
        """What changes, where saying how many isn't enough."""
        return []

    def act_words(self) -> str:
        """What the button does."""
        raise NotImplementedError

    def done_words(self, count: int) -> str:
        """What has happened to that many cards."""
        raise NotImplementedError

    # ── the steps ──

    def ask(self, title: str, *choices: Widget, is_ready: bool = True) -> None:
        """Shows the choices, and the way to the plan once they are made."""
        say = look.say
        words = Column(Text(title, 18, 700), Text(say("sims.count", self.selection.count), 14, 400, "second"), spacing=dp(2))
        cancel = PillButton(say("action.cancel"), self.sheet.dismiss, "plain", size=14, is_fitted=True)
        on = PillButton(say("block.preview"), self._preview, enabled=is_ready)
        self.sheet.show(
            Row(Disc(self.icon, "container", 52, 24), words, spacing=dp(16)), *choices, pinned=(Row(cancel, on, spacing=dp(8)),)
        )

    def _closed(self) -> None:
        self._unwatch()
        if self.flow is not None:
            self.flow.drop()

    def _preview(self) -> None:
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
        content = parts.news(flow)
        count = self.selection.count - int(flow.plan["exclusionCount"])
        content.append(parts.doing(flow, *self.does(count), is_listed=self._is_listed, toggle=self._toggle))
        content += self.shows(flow)
        if flow.plan["exclusionCount"]:
            content.append(parts.left_out(flow, flow.plan["exclusions"], flow.plan["exclusionCount"]))
        if self.selection.is_job:
            content.append(note(say("plan.by_job")))
        if flow.problem:
            content += parts.refusal(flow)[:1]
        can_act = bool(flow.plan["changeCount"]) and flow.step is Step.PLANNED
        act = PillButton(self.act_words(), self._act, height=56, enabled=can_act)
        self.sheet.show(top, *content, pinned=(act, Text(say("plan.if_changes_block"), 12, 400, "second", align="center", lines=None)))

    def _toggle(self) -> None:
        self._is_listed = not self._is_listed
        self._draw()

    def _act(self) -> None:
        if self.shell.writes_allowed():
            self.shell.run(self._acted())

    async def _acted(self) -> None:
        assert self.flow is not None  # noqa: S101 - the button exists only with a flow
        if not await self.flow.apply():
            return
        job = self.flow.payload["job"]
        self.sheet.dismiss(animation=False)
        if job is None:
            self.shell.toast(self.done_words(len(self.flow.payload["sims"])))
        self._done()
        if job is not None:
            self.shell.go("job", job_id=job["id"])
