"""The wallet of an account: its figures and latest movements, all of them by reason, a month's statement, and one movement to its cause."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable
from mobile.state.months import last_months, period_of
from mobile.state.paged import Paged
from mobile.state.payer import Payer
from mobile.state.services import Services

REASONS = ("TOP_UP", "ORDER", "USAGE", "BILL", "TRANSFER", "FEE", "REFUND", "ADJUSTMENT", "DEPOSIT", "EXPIRY")
MONTHS_BACK = 12


class Wallet(Paged):
    """Figures, the latest movements, and payments that aren't finished."""

    wallet: dict[str, Any]

    def __init__(self, services: Services, payer: Payer) -> None:
        super().__init__(services)
        self.payer = payer

    async def page(self, after: str | None) -> dict[str, Any]:
        """The wallet with its movements; the figures are those of the newest answer."""
        data: Any = await self.ask("Wallet", account=self.payer.account.get("id"), after=after)
        self.wallet = wallet_in(data)
        found: dict[str, Any] = self.wallet["entries"]
        return found

    async def fetch(self) -> bool:
        """A wallet is never nothing, though it may have no movements."""
        await super().fetch()
        return False

    @property
    def unfinished(self) -> list[dict[str, Any]]:
        """Payments on their way in, newest first."""
        return [edge["node"] for edge in self.wallet["payments"]["edges"]]


class Movements(Paged):
    """Every movement, newest first, of all reasons or one."""

    def __init__(self, services: Services, account_id: str) -> None:
        super().__init__(services)
        self.account_id = account_id
        self.reason: str | None = None

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of them."""
        reasons = [self.reason] if self.reason else None
        data: Any = await self.ask("WalletEntries", account=self.account_id, reasons=reasons, after=after)
        found: dict[str, Any] = wallet_in(data)["entries"]
        return found

    async def narrow(self, reason: str | None) -> None:
        """Only those of one reason, or all again."""
        self.reason = reason
        await self.load(is_other=True)


class Statement(Paged):
    """Opening, in, out and closing of a Jalali month, with the movements that make them up."""

    figures: dict[str, Any]

    def __init__(self, services: Services, account_id: str) -> None:
        super().__init__(services)
        self.account_id = account_id
        self.month = self.months[0]

    @property
    def months(self) -> list[str]:
        """Those that can be chosen, newest first."""
        return last_months(self.services.now(), MONTHS_BACK)

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of the month's movements; the sums come along."""
        data: Any = await self.ask("WalletStatement", account=self.account_id, posted=period_of(self.month), after=after)
        wallet = wallet_in(data)
        self.figures = wallet["statement"]
        found: dict[str, Any] = wallet["entries"]
        return found

    async def fetch(self) -> bool:
        """A month without movements has a statement too."""
        await super().fetch()
        return False

    async def look_at(self, month: str) -> None:
        """Another month."""
        self.month = month
        await self.load(is_other=True)

    @property
    def adds_up(self) -> bool:
        """Opening and both sums give closing, to the rial."""
        parts = {name: int(self.figures[name]["amount"]) for name in ("opening", "credits", "debits", "closing")}
        return parts["opening"] + parts["credits"] - parts["debits"] == parts["closing"]


class Movement(Loadable):
    """One movement of money: its sides, who did it, and what it came from."""

    movement: dict[str, Any]

    def __init__(self, services: Services, transfer_id: str) -> None:
        super().__init__(services)
        self.transfer_id = transfer_id

    async def fetch(self) -> bool:
        """Brings it."""
        data: Any = await self.ask("Movement", id=self.transfer_id)
        if not data["node"]:
            raise failures.NotFound
        self.movement = data["node"]
        return False


def wallet_in(data: Any) -> dict[str, Any]:
    """The wallet of the account that was asked for; without the right there is none."""
    if data["account"] is None:
        raise failures.NotFound
    if data["account"]["wallet"] is None:
        raise failures.NoRight
    found: dict[str, Any] = data["account"]["wallet"]
    return found
