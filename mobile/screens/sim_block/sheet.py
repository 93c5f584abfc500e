"""Blocking and unblocking: reason and extent, then what will change, then it is done."""

from collections.abc import Callable
from typing import Any

from mobile.screens.plan_sheet.bulk import BulkSheet
from mobile.state.plan_flow import PlanFlow
from mobile.state.selection import Selection
from mobile.state.sim_block import BARRINGS, REASONS, SimBlock
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.look import look
from mobile.widgets.text import Text


class BlockSheet(BulkSheet):
    """Unblocking has nothing to choose, so it begins with the plan."""

    icon = "lock-outline"

    def __init__(self, shell: Any, selection: Selection, *, is_block: bool, done: Callable[[], Any]) -> None:
        super().__init__(shell, selection, done)
        self._is_block = is_block
        self.choice = SimBlock(shell.services, selection)
        if is_block:
            self._choose()
        else:
            self._preview()

    def begin(self) -> PlanFlow:
        """The block, or its end."""
        return self.choice.block() if self._is_block else self.choice.unblock()

    def does(self, count: int) -> tuple[str, str]:
        """With reason and extent."""
        say = look.say
        if not self._is_block:
            return say("plan.unblocked", count), ""
        return say("plan.blocked", count), f"{say('block.' + self.choice.reason)} · {say('block.' + self.choice.barring)}"

    def act_words(self) -> str:
        """Block or unblock."""
        return look.say("plan.do_block" if self._is_block else "plan.do_unblock")

    def done_words(self, count: int) -> str:
        """Blocked or unblocked."""
        return look.say("block.done" if self._is_block else "block.undone", count)

    def _choose(self) -> None:
        say = look.say
        reasons, barrings = self._chips(REASONS, "reason"), self._chips(BARRINGS, "barring")
        self.choices(say("block.title"), Text(say("block.reason"), 14, 500), reasons, Text(say("block.barring"), 14, 500), barrings)

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
