"""Money: the wallet's figure and the purchases of the last 15 days; the same list for one SIM card."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.help.page import help_button
from mobile.screens.page import LoadPage, Scroller
from mobile.state.purchases import Purchases
from mobile.widgets.art import ArcPanel
from mobile.widgets.bars import TopBar, freshness
from mobile.widgets.box import Column, Line, Panel, Row
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import heading
from mobile.widgets.states import StateView
from mobile.widgets.text import ColumnFigure, Figure, Text, align_column
from mobile.widgets.touch import Pressable

LOOKS = {
    "COMPLETED": ("check-bold", "ok"),
    "PARTIAL": ("alert-circle-outline", "warning"),
    "FAILED": ("cancel", "error"),
    "REJECTED": ("cancel", "error"),
    "CANCELLED": ("close", "neutral"),
}


class PurchasesPage(LoadPage):
    """Purchases for one SIM card."""

    model: Purchases

    def header(self) -> Widget:
        """Title and the way back."""
        return TopBar(look.say("sim.purchases"), back=self.shell.back)

    def place(self) -> str:
        """The page's name."""
        return look.say("home.purchases")

    def empty(self) -> StateView:
        """No purchase in the last 15 days."""
        return StateView("receipt-text-outline", "container", look.say("money.none"), look.say("money.none_text"))

    def body(self) -> Widget:
        """The list."""
        return Scroller(heading(look.say("money.purchases")), *self._purchases(), refresh=self.reload)

    def _purchases(self) -> list[Widget]:
        panel = Panel(padding=(dp(16), dp(4)))
        figures = [ColumnFigure(look.say.amount(order["price"]["gross"]), look.say.rial) for order in self.model.orders]
        align_column(*figures)
        for at, (order, figure) in enumerate(zip(self.model.orders, figures, strict=True)):
            if at:
                panel.add_widget(Line(inset=52))
            panel.add_widget(_Purchase(order, figure, self.shell, self.model))
        parts: list[Widget] = [panel]
        if self.model.has_more:
            parts.append(PillButton(look.say("action.more"), lambda: self.run(self.model.more()), "tonal"))
        return parts


class MoneyPage(PurchasesPage):
    """The root: the wallet above the purchases."""

    def __init__(self, shell: Any, model: Purchases) -> None:
        self._home = shell.root_model("home")
        self._forget_home = self._home.watch(lambda: model.changed())
        super().__init__(shell, model)

    def retire(self) -> None:
        """Lets go of the wallet too."""
        self._forget_home()
        super().retire()

    def arrive(self) -> None:
        """Loads once, and anew after each purchase elsewhere."""
        self.reload()

    def header(self) -> Widget:
        """Title."""
        return TopBar(look.say("money.title"), help_button(self.shell))

    def place(self) -> str:
        """The page's name."""
        return look.say("money.title")

    def body(self) -> Widget:
        """Wallet and list."""
        return Scroller(*self._wallet(), heading(look.say("money.purchases")), *self._purchases(), refresh=self.reload)

    def empty(self) -> Any:
        """The wallet, and that nothing was bought."""
        nothing = StateView("receipt-text-outline", "container", look.say("money.none"), look.say("money.none_text"))
        return Column(Column(*self._wallet(), padding=(dp(16), dp(4))), nothing, size_hint_y=1)

    def _wallet(self) -> list[Widget]:
        say, wallet = look.say, self.model.services.session.account.get("wallet")
        if wallet is None:
            return []
        head = Row(Text(say("money.wallet"), 14, 400, "hero_second"), spacing=dp(8))
        head.add_widget(freshness(say.ago(wallet["asOf"], self.model.services.now()), role="hero_second"))
        money = wallet["available"]
        panel = ArcPanel(head, padding=dp(20), spacing=dp(4))
        panel.add_widget(Figure(say.amount(money), say.rial, 32, 700, unit_size=16, role="on_hero", unit_role="on_hero"))
        if self.model.services.settings.shows_toman:
            panel.add_widget(Text(say.toman(money), 12, 400, "hero_second"))
        return [panel]


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
