"""Paying a bill: from the wallet or on the bank's page, then what changes, then the outcome."""

from typing import Any

from kivy.metrics import dp

from mobile.gateway import failures
from mobile.screens.payment.ways import follow, ways
from mobile.screens.plan_sheet.deed import DeedSheet
from mobile.state.bills import Bill
from mobile.state.payments import by_gateway
from mobile.state.plan_flow import PlanFlow
from mobile.widgets.box import Column
from mobile.widgets.look import look
from mobile.widgets.text import Text


class PaySheet(DeedSheet):
    """Looks at the account's wallet first, since it may pay."""

    def __init__(self, shell: Any, bill: Bill) -> None:
        super().__init__(shell)
        self.bill, self.way = bill, "GATEWAY"
        self.wallet: dict[str, Any] | None = None
        self._choose()
        shell.run(self._look())

    async def _look(self) -> None:
        """Without the right to see the wallet, or without network, the bank's page is left."""
        try:
            found: Any = (await self.shell.services.gateway.query("Wallet", {"account": self.bill.bill["account"]["id"]})).data
        except failures.Failure:
            return
        self.wallet = (found["account"] or {}).get("wallet")
        if self.flow is None:
            if self.wallet and int(self.wallet["available"]["amount"]) >= int(self.bill.bill["amountDue"]["amount"]):
                self.way = "WALLET"
            self._choose()

    def _choose(self) -> None:
        say, bill = look.say, self.bill.bill
        title = say("bill.title", month=say.month(bill["month"]))
        head = Column(Text(say("pay.how"), 18, 700), Text(f"{title} · {say.money(bill['amountDue'])}", 14, 400, "second"), spacing=dp(2))
        options = [("GATEWAY", say("pay.detail.GATEWAY"))]
        if self.wallet:
            options.insert(0, ("WALLET", say("pay.detail.WALLET", amount=say.money(self.wallet["available"]))))
        self.ask(head, ways(options, self.way, self._take))

    def _take(self, way: str) -> None:
        self.way = way
        self._choose()

    def begin(self) -> PlanFlow:
        """Paying by the chosen way."""
        by_wallet = self.way == "WALLET" and self.wallet is not None
        return self.bill.pay({"walletId": self.wallet["id"]} if by_wallet and self.wallet else by_gateway(self.shell.services))

    def act_words(self) -> str:
        """Pay that much."""
        return look.say("plan.pay", amount=look.say.money(self.bill.bill["amountDue"]))

    def done(self, payload: dict[str, Any]) -> None:
        """The outcome."""
        self.shell.run(self.shell.root_model("home").load())
        follow(self.shell, payload["payment"])
