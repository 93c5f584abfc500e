"""Money on its way in: choosing how to pay, the pay page in the browser, and the outcome that is waited for."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from mobile.gateway import failures
from mobile.state.digits import plain
from mobile.state.following import Followed
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services

WAYS = ("GATEWAY", "VOUCHER", "BANK_SLIP", "CHEQUE")
FINAL = frozenset({"SETTLED", "FAILED"})
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.5, 10.0
# Where a gateway leads the payer's browser once it is done: a page of the server that says to go back to the app.
RETURNED = "/payments/returned"


LINK = "simurgh://payment/"


def payment_in(link: str) -> str | None:
    """The payment that the link of the server's page names; None for any other link."""
    return link.removeprefix(LINK).strip("/") or None if link.startswith(LINK) else None


def rials(typed: str) -> int | None:
    """The whole number of rials that was typed with any digits, spaces or separators; None for anything else."""
    figure = "".join(one for one in plain(typed) if one not in " \u00a0\u202f,.٬٫'")
    return int(figure) if figure.isdigit() and int(figure) > 0 else None


def by_gateway(services: Services) -> dict[str, Any]:
    """Paying on a gateway's page."""
    return {"gatewayReturnUrl": f"{services.gateway.server.rstrip('/')}{RETURNED}"}


class TopUp:
    """What is typed before money comes in; each look at what would change is a new flow."""

    def __init__(self, services: Services, wallet: dict[str, Any], way: str = WAYS[0]) -> None:
        self.services, self.wallet, self.way = services, wallet, way
        self.amount = ""
        self.code = ""
        self.reference = ""
        self.paid_on: date = services.now().date()

    @property
    def problem(self) -> tuple[str, str] | None:
        """The field that isn't filled right, and what is wrong with it."""
        say = self.services.say
        if self.way == "VOUCHER":
            return None if plain(self.code).strip() else ("code", say("topup.code_missing"))
        if rials(self.amount) is None:
            return "amount", say("topup.amount_wrong")
        if self.way in ("BANK_SLIP", "CHEQUE") and not self.reference.strip():
            return "reference", say("topup.reference_missing")
        return None

    def flow(self) -> PlanFlow:
        """Pays into the wallet."""
        amount = None if self.way == "VOUCHER" else {"amount": str(rials(self.amount)), "currency": "IRR"}
        return PlanFlow(self.services, "WalletTopUp", {"walletId": self.wallet["id"], "amount": amount, "method": self._method()})

    def _method(self) -> dict[str, Any]:
        if self.way == "GATEWAY":
            return by_gateway(self.services)
        if self.way == "VOUCHER":
            return {"voucherCode": "".join(plain(self.code).split())}
        paper = {"isCheque": self.way == "CHEQUE", "reference": plain(self.reference).strip(), "paidOn": self.paid_on.isoformat()}
        return {"offline": paper}


class Payment(Followed):
    """One payment by its id, looked at until it is settled or failed; it is never lost between, whatever the browser did."""

    payment: dict[str, Any]

    def __init__(self, services: Services, payment_id: str) -> None:
        super().__init__(services)
        self.payment_id = payment_id

    async def fetch(self) -> bool:
        """Brings it."""
        data: Any = await self.ask("Payment", id=self.payment_id)
        if not data["node"]:
            raise failures.NotFound
        self.payment = data["node"]
        return False

    def pauses(self) -> Iterator[float]:
        """Longer and longer: a payer may take hours."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            yield pause
            pause = min(pause * 1.25, LONGEST_PAUSE_SECONDS)

    @property
    def is_final(self) -> bool:
        """Nothing more will happen."""
        return self.payment["state"] in FINAL

    @property
    def outcome(self) -> str:
        """Which words explain where it stands: WAITS for the payer or PAPER for the operator, VERIFYING, SETTLED, FAILED."""
        if self.payment["state"] == "CREATED":
            return "WAITS" if self.payment["method"] == "GATEWAY" else "PAPER"
        return str(self.payment["state"])


class Transfer:
    """Moving money from one wallet to another of the company: where to and how much, then the plan."""

    def __init__(self, services: Services, wallet: dict[str, Any], account: dict[str, Any]) -> None:
        self.services, self.wallet, self.account = services, wallet, account
        self.to: dict[str, Any] | None = None
        self.to_wallet: str | None = None
        self.amount = ""
        self.memo = ""

    async def choose(self, account: dict[str, Any]) -> str | None:
        """Takes another account's wallet as the receiver; the words of what is wrong when it can't be one."""
        say = self.services.say
        if account["id"] == self.account.get("id"):
            return say("transfer.same")
        try:
            data: Any = (await self.services.gateway.query("Wallet", {"account": account["id"]})).data
        except failures.Failure:
            return say("failure.fault.text")
        if data["account"] is None or data["account"]["wallet"] is None:
            return say("transfer.no_wallet")
        self.to, self.to_wallet = account, data["account"]["wallet"]["id"]
        return None

    @property
    def problem(self) -> str | None:
        """Why there is nothing to ask for yet."""
        if self.to_wallet is None:
            return self.services.say("transfer.to_missing")
        return self.services.say("topup.amount_wrong") if rials(self.amount) is None else None

    def flow(self) -> PlanFlow:
        """Moves it."""
        content = {
            "fromWalletId": self.wallet["id"],
            "toWalletId": self.to_wallet,
            "amount": {"amount": str(rials(self.amount)), "currency": "IRR"},
            "memo": self.memo.strip() or None,
        }
        return PlanFlow(self.services, "WalletTransfer", content)
