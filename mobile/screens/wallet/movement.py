"""One movement of money: how much, its sides that add up to zero, who did it, and the way to what it came from."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Scroller
from mobile.screens.wallet.looks import LOOKS
from mobile.state.wallet import Movement
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, card, gap
from mobile.widgets.buttons import Disc
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, LinkCard, centred, section
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, align_column


class MovementPage(LoadPage):
    """Leads on to the cause, and to the movement that it undoes."""

    model: Movement

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("movement.title"), back=self.shell.back)

    def place(self) -> str:
        """The page's name."""
        return look.say("movement.title")

    def body(self) -> Widget:
        """Figure, sides, facts, cause."""
        say, movement = look.say, self.model.movement
        icon, tone = LOOKS[movement["reason"]]
        head = Column(centred(Disc(icon, tone, 72, 34)), gap(4), spacing=dp(4))
        head.add_widget(Text(say(f"ledger.{movement['reason']}"), 18, 500, align="center"))
        own = next((side for side in movement["entries"] if side["wallet"]), movement["entries"][0])
        figure = Figure(say.signed(own["amount"]), say.rial, 28, 700, unit_size=14)
        figure.size_hint_x, figure.width = None, figure.natural_width
        head.add_widget(centred(figure))
        head.add_widget(Text(say.moment(movement["postedAt"]), 14, 400, "second", align="center"))
        return Scroller(head, *self._causes(), self._sides(), self._facts(own), refresh=self.reload)

    def _sides(self) -> Widget:
        say = look.say
        sides = self.model.movement["entries"]
        figures = [ColumnFigure(say.signed(side["amount"]), say.rial) for side in sides]
        align_column(*figures)
        panel = card(section(say("movement.sides")), spacing=dp(10))
        for side, figure in zip(sides, figures, strict=True):
            panel.add_widget(KeyValue(say("purse.this") if side["wallet"] else say(f"purse.{side['kind']}"), figure))
        panel.add_widget(Line())
        panel.add_widget(Text(say("movement.balanced"), 12, 400, "second", lines=None))
        return panel

    def _facts(self, own: dict[str, Any]) -> Widget:
        say, movement = look.say, self.model.movement
        panel = card(spacing=dp(10))
        if own["balanceAfter"]:
            panel.add_widget(KeyValue(say("movement.after"), ColumnFigure(say.amount(own["balanceAfter"]), say.rial)))
        panel.add_widget(KeyValue(say("movement.by"), movement["by"]["label"]))
        if movement["memo"]:
            panel.add_widget(KeyValue(say("movement.memo"), movement["memo"]))
        return panel

    def _causes(self) -> list[Widget]:
        say, movement = look.say, self.model.movement
        found: list[Widget] = []
        cause, undone = movement["cause"], movement["reverses"]
        if cause and cause["__typename"] == "Order":
            words = say("movement.cause.Order", number=say.code(cause["number"]))
            state = f"{say('order.' + cause['orderState'])} · {say.date(cause['placedAt'])}"
            found.append(LinkCard(Icon("cart-outline", 24), words, state, lambda: self.shell.go("receipt", order_id=cause["id"])))
        if cause and cause["__typename"] == "Payment":
            words = say("movement.cause.Payment", number=say.code(cause["paymentNumber"]))
            state = f"{say('payment.state.' + cause['paymentState'])} · {say('pay.way.' + cause['method'])}"
            found.append(LinkCard(Icon("cash-multiple", 24), words, state, lambda: self.shell.go("payment", payment_id=cause["id"])))
        if cause and cause["__typename"] == "Bill":
            words = say("movement.cause.Bill", month=say.month(cause["month"]))
            found.append(LinkCard(Icon("receipt-text-outline", 24), words, "", lambda: self.shell.go("bill", bill_id=cause["id"])))
        if undone:
            words = say("movement.undoes", date=say.date(undone["postedAt"]))
            found.append(
                LinkCard(
                    Icon("history", 24),
                    words,
                    say(f"ledger.{undone['reason']}"),
                    lambda: self.shell.go("movement", transfer_id=undone["id"]),
                )
            )
        return found
