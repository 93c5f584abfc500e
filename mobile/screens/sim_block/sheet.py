"""Blocking and unblocking: reason and extent, then what will change, then it is done."""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp

from mobile.screens.plan_sheet import parts
from mobile.state.plan_flow import PlanFlow, Step
from mobile.state.selection import Selection
from mobile.state.sim_block import BARRINGS, REASONS, SimBlock
from mobile.widgets.box import Column, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.look import look
from mobile.widgets.rows import note
from mobile.widgets.sheet import Sheet
from mobile.widgets.text import Text


class BlockSheet:
    """One bulk act on some cards; `done` is called after it happened."""

    def __init__(self, shell: Any, selection: Selection, *, is_block: bool, done: Callable[[], Any]) -> None:
        self.shell, self._is_block, self._done = shell, is_block, done
        self.choice = SimBlock(shell.services, selection)
        self.flow: PlanFlow | None = None
        self._unwatch: Callable[[], Any] = lambda: None
        self._is_listed = selection.count == 1
        self.sheet = Sheet(closed=self._closed)
        shell.sheet(self.sheet)
        if is_block:
            self._choose()
        else:
            self._preview()

    def _closed(self) -> None:
        self._unwatch()
        if self.flow is not None:
            self.flow.drop()

    def _choose(self) -> None:
        say = look.say
        words = Column(
            Text(say("block.title"), 18, 700),
            Text(say("sims.count", self.choice.selection.count), 14, 400, "second"),
            spacing=dp(2),
        )
        self.sheet.show(
            Row(Disc("lock-outline", "container", 52, 24), words, spacing=dp(16)),
            Text(say("block.reason"), 14, 500),
            self._chips(REASONS, "reason"),
            Text(say("block.barring"), 14, 500),
            self._chips(BARRINGS, "barring"),
            pinned=(
                Row(
                    PillButton(say("action.cancel"), self.sheet.dismiss, "plain", size=14, is_fitted=True),
                    PillButton(say("block.preview"), self._preview),
                    spacing=dp(8),
                ),
            ),
        )

    def _chips(self, options: tuple[str, ...], field: str) -> ChipBar:
        def take(one: str) -> None:
            setattr(self.choice, field, one)
            self._choose()

        now = getattr(self.choice, field)
        chips = [
            Chip(look.say(f"block.{one}"), lambda one=one: take(one), is_on=one == now, icon="check" if one == now else None)
            for one in options
        ]
        return ChipBar(chips, inset=0)

    def _preview(self) -> None:
        self.flow = self.choice.block() if self._is_block else self.choice.unblock()
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
        key = "plan.blocked" if self._is_block else "plan.unblocked"
        detail = f"{say('block.' + self.choice.reason)} · {say('block.' + self.choice.barring)}" if self._is_block else ""
        count = self.choice.selection.count - int(flow.plan["exclusionCount"])
        content.append(parts.doing(flow, say(key, count), detail, is_listed=self._is_listed, toggle=self._toggle))
        if flow.plan["exclusionCount"]:
            content.append(parts.left_out(flow, flow.plan["exclusions"], flow.plan["exclusionCount"]))
        if self.choice.selection.is_job:
            content.append(note(say("plan.by_job")))
        if flow.problem:
            content += parts.refusal(flow)[:1]
        act = PillButton(
            say("plan.do_block") if self._is_block else say("plan.do_unblock"),
            self._act,
            height=56,
            enabled=bool(flow.plan["changeCount"]) and flow.step is Step.PLANNED,
        )
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
        if job is not None:
            self.sheet.dismiss(animation=False)
            self._done()
            self.shell.go("job", job_id=job["id"])
        else:
            count = len(self.flow.payload["sims"])
            self.sheet.dismiss(animation=False)
            self.shell.toast(look.say("block.done" if self._is_block else "block.undone", count))
            self._done()
