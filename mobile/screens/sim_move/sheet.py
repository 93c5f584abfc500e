"""Moving SIM cards: to which account and from when, then what will change, then they move."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mobile.screens.choosing import choose, choose_account
from mobile.screens.plan_sheet.bulk import BulkSheet
from mobile.state.plan_flow import PlanFlow
from mobile.state.selection import Selection
from mobile.state.sim_move import SimMove
from mobile.widgets.box import Panel
from mobile.widgets.look import look
from mobile.widgets.rows import MenuRow, note


class MoveSheet(BulkSheet):
    """Past usage and bills stay where they were."""

    icon = "sitemap"

    def __init__(self, shell: Any, selection: Selection, done: Callable[[], Any]) -> None:
        super().__init__(shell, selection, done)
        self.choice = SimMove(shell.services, selection)
        self._choose()

    def begin(self) -> PlanFlow:
        """The move."""
        return self.choice.move()

    def does(self, count: int) -> tuple[str, str]:
        """Where to and from when."""
        return look.say("plan.moved", count), f"{self._account()} · {self._when()}"

    def act_words(self) -> str:
        """Move."""
        return look.say("plan.do_move")

    def done_words(self, count: int) -> str:
        """Moved."""
        return look.say("move.done", count)

    def _account(self) -> str:
        return self.choice.account["name"] if self.choice.account else look.say("move.pick")

    def _when(self) -> str:
        return look.say.date(self.choice.effective_at) if self.choice.effective_at else look.say("move.now")

    def _choose(self) -> None:
        say = look.say
        rows = Panel(
            MenuRow("sitemap", say("move.account"), self._account(), self._pick_account),
            MenuRow("clock-outline", say("move.when"), self._when(), self._pick_day),
        )
        self.choices(say("move.title"), rows, note(say("move.past_stays")), is_ready=self.choice.account is not None)

    def _pick_account(self) -> None:
        def take(account: dict[str, Any] | None) -> None:
            self.choice.account = account
            self._choose()

        self.shell.run(choose_account(self.shell, look.say("move.account"), self.choice.account, take))

    def _pick_day(self) -> None:
        def take(day: datetime | None) -> None:
            self.choice.effective_at = day
            self._choose()

        days: list[tuple[Any, str]] = [(None, look.say("move.now"))]
        days += [(day, look.say.date(day)) for day in self.choice.days()]
        choose(self.shell, look.say("move.when"), days, self.choice.effective_at, take)
