"""Every movement of a wallet, of all reasons or one; and a month's statement over the movements that make it up."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose
from mobile.screens.items import ItemsPage
from mobile.screens.page import LoadPage, Scroller
from mobile.screens.wallet.looks import movement
from mobile.state.wallet import REASONS, Movements, Statement
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Row, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.chips import Chip, ChipBar
from mobile.widgets.item import Item, items
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, note
from mobile.widgets.states import StateView
from mobile.widgets.text import ColumnFigure, Text, align_column


class MovementsPage(ItemsPage):
    """The long list."""

    model: Movements
    title = "wallet.movements"

    def above(self) -> list[Widget]:
        """The reason that narrows it."""
        say, reason = look.say, self.model.reason
        words = say(f"ledger.{reason}") if reason else say("wallet.every_reason")
        return [ChipBar([Chip(words, self._pick, is_on=reason is not None, trailing="chevron-down")])]

    def item(self, row: dict[str, Any]) -> Item:
        """One movement."""
        return movement(row, self.shell.services.now(), lambda: self.shell.go("movement", transfer_id=row["transfer"]["id"]))

    def empty(self) -> StateView:
        """Nothing was booked, or nothing for this reason."""
        say = look.say
        if self.model.reason is None:
            return StateView("history", "container", say("wallet.none"), say("wallet.none_text"))
        ways = [(say("wallet.every_reason"), lambda: self.run(self.model.narrow(None)), "tonal")]
        return StateView("history", "container", say("wallet.none_such"), say(f"ledger.{self.model.reason}"), ways)

    def _pick(self) -> None:
        say = look.say
        options: list[tuple[Any, str]] = [(None, say("wallet.every_reason"))]
        options += [(reason, say(f"ledger.{reason}")) for reason in REASONS]
        choose(self.shell, say("movement.cause"), options, self.model.reason, lambda reason: self.run(self.model.narrow(reason)))


class StatementPage(LoadPage):
    """Four sums that add up, and what they are made of."""

    model: Statement

    def header(self) -> Widget:
        """Title and month."""
        say, model = look.say, self.model
        month = Chip(say.month(model.month), self._pick, is_on=True, trailing="chevron-down")
        return Column(TopBar(say("wallet.statement"), back=self.shell.back), ChipBar([month]))

    def place(self) -> str:
        """The page's name."""
        return look.say("wallet.statement")

    def body(self) -> Widget:
        """Sums, their proof, movements."""
        say, model = look.say, self.model
        names = ("opening", "credits", "debits", "closing")
        figures = {
            name: ColumnFigure(say.amount(model.figures[name]), say.rial, weight=700 if name == "closing" else 500) for name in names
        }
        align_column(*figures.values())
        rows = [KeyValue(say(f"statement.{name}"), figures[name]) for name in names]
        parts: list[Widget] = [card(*rows[:3], Line(), rows[3], spacing=dp(12))]
        if model.adds_up:
            parts.append(note(say("statement.adds_up"), "check-circle", "ok"))
        parts.append(Row(Text(say("statement.count", model.figures["entryCount"]), 14, 500, "second"), padding=(dp(4), dp(4))))
        if model.rows:
            now = model.services.now()
            parts.append(items([movement(entry, now, self._opener(entry)) for entry in model.rows]))
        if model.cursor is not None:
            parts.append(PillButton(say("action.more"), lambda: self.run(model.load_more()), "tonal"))
        return Scroller(*parts, refresh=self.reload)

    def _opener(self, entry: dict[str, Any]) -> Any:
        return lambda: self.shell.go("movement", transfer_id=entry["transfer"]["id"])

    def _pick(self) -> None:
        options = [(month, look.say.month(month)) for month in self.model.months]
        choose(self.shell, look.say("wallet.month"), options, self.model.month, lambda month: self.run(self.model.look_at(month)))
