"""Purchases of the last 15 days: the tab of an account, and the page of one SIM card."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Scroller
from mobile.state.purchases import Purchases
from mobile.widgets.bars import TopBar
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import heading
from mobile.widgets.states import StateView
from mobile.widgets.text import ColumnFigure, Text, align_column
from mobile.widgets.touch import Pressable

LOOKS = {
    "COMPLETED": ("check-bold", "ok"),
    "PARTIAL": ("alert-circle-outline", "warning"),
    "FAILED": ("cancel", "error"),
    "REJECTED": ("cancel", "error"),
    "CANCELLED": ("close", "neutral"),
}


class PurchasesTab(LoadPage):
    """Purchases of an account."""

    model: Purchases
    loads_anew = True  # purchases are made elsewhere

    def place(self) -> str:
        """The page's name."""
        return look.say("home.purchases")

    def empty(self) -> StateView:
        """No purchase in the last 15 days."""
        return StateView("receipt-text-outline", "container", look.say("money.none"), look.say("money.none_text"))

    def body(self) -> Widget:
        """The list."""
        panel = Panel(padding=(dp(16), dp(4)))
        figures = [ColumnFigure(look.say.amount(order["price"]["gross"]), look.say.rial) for order in self.model.rows]
        align_column(*figures)
        for at, (order, figure) in enumerate(zip(self.model.rows, figures, strict=True)):
            if at:
                panel.add_widget(Line(inset=52))
            panel.add_widget(_Purchase(order, figure, self.shell, self.model))
        parts: list[Widget] = [heading(look.say("money.purchases")), panel]
        if self.model.cursor is not None:
            parts.append(PillButton(look.say("action.more"), lambda: self.run(self.model.load_more()), "tonal"))
        return Scroller(*parts, refresh=self.reload)


class PurchasesPage(PurchasesTab):
    """Purchases for one SIM card."""

    def header(self) -> Widget:
        """Title and the way back."""
        return TopBar(look.say("sim.purchases"), back=self.shell.back)


class _Purchase(Pressable, Row):
    def __init__(self, order: dict[str, Any], figure: ColumnFigure, shell: Any, model: Purchases) -> None:
        super().__init__(spacing=dp(12), padding=(0, dp(12)))
        say = look.say
        icon, tone = LOOKS.get(order["state"], ("progress-clock", "info"))
        when = say.day(order["placedAt"], model.services.now())
        words = Column(Text(say.code(order["number"]), 14, 500), spacing=dp(2))
        words.add_widget(Text(f"{say('order.' + order['state'])} · {when}", 12, 400, "second"))
        words.add_widget(Text(order["placedBy"]["label"], 12, 400, "second"))
        end = Column(figure, size_hint_x=None, width=figure.width)
        if order["purchaseOrderNumber"]:
            end.add_widget(Text(say.code(order["purchaseOrderNumber"]), 12, 400, "second", align="end"))
        self.add_widget(Disc(icon, tone))
        self.add_widget(words)
        self.add_widget(end)
        self.text = order["number"]
        self.react(lambda: shell.go("receipt", order_id=order["id"]), radius=12)
