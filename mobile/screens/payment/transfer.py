"""Moving money to another account's wallet: where to, how much, then what changes, then it is moved."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.choosing import choose_account
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.payments import Transfer
from mobile.state.plan_flow import PlanFlow
from mobile.widgets.box import Column, card
from mobile.widgets.buttons import Disc
from mobile.widgets.fields import Field
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, LinkCard, note
from mobile.widgets.text import Text

RULES = (("transfer.fee", "fee"), ("transfer.stays", "minimumRemaining"))


class TransferSheet(DeedSheet):
    """The rules stand below what is typed; the plan says what they come to."""

    def __init__(self, shell: Any, wallet: dict[str, Any], account: dict[str, Any]) -> None:
        super().__init__(shell)
        self.choice = Transfer(shell.services, wallet, account)
        self._problem = ""
        self._choose()

    def _choose(self) -> None:
        say, choice = look.say, self.choice
        head = Column(Text(say("transfer.title"), 18, 700), spacing=dp(2))
        head.add_widget(Text(say("pay.detail.WALLET", amount=say.money(choice.wallet["available"])), 14, 400, "second"))
        where = choice.to["name"] if choice.to else say("transfer.to_missing")
        self._amount = Field(say("topup.amount"), choice.amount, kind="number", changed=lambda typed: setattr(choice, "amount", typed))
        memo = Field(say("movement.memo"), choice.memo, changed=lambda typed: setattr(choice, "memo", typed))
        content = [LinkCard(Disc("sitemap", "container"), say("transfer.to"), where, self._pick), self._amount, memo, self._rules()]
        if self._problem:
            content.insert(1, note(self._problem, "alert-circle-outline", "warning"))
        self.ask(head, *content, is_ready=choice.to is not None)

    def _rules(self) -> Widget:
        """The fee, what has to stay, and what is left of each window."""
        say, policy = look.say, self.choice.wallet["transferPolicy"]
        fee, stays = (KeyValue(say(key), say.money(policy[name]), size=12) for key, name in RULES)
        panel = card(fee, stays, spacing=dp(6))
        for window in policy["windows"]:
            left = say("transfer.left", window["countLeft"], amount=say.money(window["amountLeft"]))
            panel.add_widget(KeyValue(say("transfer.days", window["days"]), left, size=12))
        return panel

    def _pick(self) -> None:
        def take(account: dict[str, Any] | None) -> None:
            if account is not None:
                self.shell.run(self._taken(account))

        self.shell.run(choose_account(self.shell, look.say("transfer.to"), self.choice.to, take))

    async def _taken(self, account: dict[str, Any]) -> None:
        self._problem = await self.choice.choose(account) or ""
        self._choose()

    def problem(self) -> bool:
        """The amount."""
        self._amount.complain(self.choice.problem)
        return self.choice.problem is not None

    def begin(self) -> PlanFlow:
        """The move."""
        return self.choice.flow()

    def act_words(self) -> str:
        """Move."""
        return look.say("transfer.do")

    def done(self, payload: dict[str, Any]) -> None:
        """To the movement that was booked."""
        self.shell.toast(look.say("transfer.done"))
        self.shell.run(self.shell.root_model("home").load())
        self.shell.go("movement", transfer_id=payload["transfer"]["id"])
