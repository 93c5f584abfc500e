"""The tab of the wallet: what can be spent, what is held and how low it may go, and the latest movements."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import LoadPage, Scroller
from mobile.screens.payment.top_up import TopUpSheet
from mobile.screens.payment.transfer import TransferSheet
from mobile.screens.wallet.looks import movement
from mobile.state.wallet import Wallet
from mobile.widgets.art import ArcPanel
from mobile.widgets.bars import freshness
from mobile.widgets.box import Row, card, gap
from mobile.widgets.buttons import Disc, PillButton
from mobile.widgets.item import items
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, LinkCard, heading, note, section
from mobile.widgets.states import Skeleton, bone, bone_card, bone_rows
from mobile.widgets.text import ColumnFigure, Figure, Icon, Text, Word, align_column

SHOWN, LOTS = 6, 5


class WalletTab(LoadPage):
    """Figures above, movements below."""

    model: Wallet
    loads_anew = True  # money moves elsewhere

    def place(self) -> str:
        """The wallet."""
        return look.say("money.wallet")

    def skeleton(self) -> Skeleton:
        """The hero and rows to come."""
        return Skeleton(bone(None, 148, radius=24), bone_card(*bone_rows(5)))

    def body(self) -> Widget:
        """The cards."""
        return Scroller(
            self._hero(), *self._unfinished(), self._figures(), *self._lots(), self._statement(), *self._movements(), refresh=self.reload
        )

    @property
    def _account_id(self) -> Any:
        return self.model.payer.account.get("id")

    def _hero(self) -> Widget:
        say, wallet = look.say, self.model.wallet
        head = Row(Text(say("wallet.available"), 14, 400, "hero_second"), spacing=dp(8))
        head.add_widget(freshness(say.ago(wallet["asOf"], self.model.services.now()), role="hero_second"))
        money = wallet["available"]
        panel = ArcPanel(head, padding=dp(20), spacing=dp(4))
        panel.add_widget(Figure(say.amount(money), say.rial, 32, 700, unit_size=16, role="on_hero", unit_role="on_hero"))
        if self.model.services.settings.shows_toman:
            panel.add_widget(Text(say.toman(money), 12, 400, "hero_second"))
        if buttons := self._actions():
            panel.add_widget(gap(8))
            panel.add_widget(Row(*buttons, spacing=dp(8)))
        return panel

    def _actions(self) -> list[Widget]:
        say, session = look.say, self.model.services.session
        buttons: list[Widget] = []
        if session.may("WALLET_TOP_UP"):
            buttons.append(PillButton(say("topup.do"), self._top_up, "saffron", icon="plus", height=40, size=14))
        if session.may("WALLET_TRANSFER"):
            buttons.append(PillButton(say("transfer.do"), self._transfer, "outlined", icon="swap-horizontal", height=40, size=14))
        return buttons

    def _top_up(self) -> None:
        if self.shell.writes_allowed():
            TopUpSheet(self.shell, self.model.wallet)

    def _transfer(self) -> None:
        if self.model.wallet["transferPolicy"] is None:
            self.shell.toast(look.say("transfer.not_allowed"))
        elif self.shell.writes_allowed():
            TransferSheet(self.shell, self.model.wallet, self.model.payer.account)

    def _unfinished(self) -> list[Widget]:
        """Payments that wait for the payer, the operator or the bank."""
        say, found = look.say, self.model.unfinished
        cards: list[Widget] = []
        for one in found:
            words = f"{say('pay.way.' + one['method'])} · {say('payment.state.' + one['state'])} · {say.code(one['number'])}"
            cards.append(
                LinkCard(
                    Disc("progress-clock", "warning"),
                    say.money(one["amount"]),
                    words,
                    lambda one=one: self.shell.go("payment", payment_id=one["id"]),
                )
            )
        return [heading(say("topup.unfinished")), *cards] if cards else []

    def _figures(self) -> Widget:
        """Balance, holds and bounds; a floor of nothing says nothing."""
        say, wallet = look.say, self.model.wallet
        shown = [("wallet.balance", wallet["balance"]), ("wallet.held", wallet["held"])]
        shown += [("wallet.floor", wallet["floor"])] if int(wallet["floor"]["amount"]) else []
        shown += [("wallet.ceiling", wallet["ceiling"])] if wallet["ceiling"] else []
        figures = [ColumnFigure(say.amount(money), say.rial) for _, money in shown]
        align_column(*figures)
        return card(*(KeyValue(say(key), figure) for (key, _), figure in zip(shown, figures, strict=True)))

    def _lots(self) -> list[Widget]:
        """What is used up first, as far as some of it ends."""
        say, lots = look.say, self.model.wallet["lots"]
        if not any(lot["expiresAt"] for lot in lots):
            return []
        figures = [ColumnFigure(say.amount(lot["remaining"]), say.rial) for lot in lots[:LOTS]]
        align_column(*figures)
        panel = card(section(say("wallet.lots"), Word(say("bundles.order"), 12, 400, "second")), spacing=dp(8))
        for lot, figure in zip(lots, figures, strict=False):
            until = lot["expiresAt"]
            panel.add_widget(KeyValue(say("wallet.lot_until", date=say.date(until)) if until else say("wallet.lot_open"), figure))
        return [panel]

    def _statement(self) -> Widget:
        say, account = look.say, self._account_id
        return LinkCard(
            Icon("receipt-text-outline", 24),
            say("wallet.statement"),
            say("wallet.statement_text"),
            lambda: self.shell.go("statement", account_id=account),
        )

    def _movements(self) -> list[Widget]:
        say, model, account = look.say, self.model, self._account_id
        if not model.rows:
            return [note(say("wallet.none_text"))]
        every = PillButton(
            say("wallet.all_movements"), lambda: self.shell.go("movements", account_id=account), "plain", size=14, height=32, is_fitted=True
        )
        head = Row(section(say("wallet.movements"), every), padding=(dp(16), dp(8), dp(12), 0))
        now = model.services.now()
        return [items([movement(entry, now, self._opener(entry)) for entry in model.rows[:SHOWN]], head)]

    def _opener(self, entry: dict[str, Any]) -> Any:
        return lambda: self.shell.go("movement", transfer_id=entry["transfer"]["id"])
