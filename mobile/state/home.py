"""The home page: the company, its wallet, its SIM counts and the accounts below."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable
from mobile.state.outages import going_on
from mobile.state.services import Services


class Home(Loadable):
    """Reads the viewer and tells the session about it; besides, the outages that everybody is told of."""

    outages: list[dict[str, Any]]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.outages = []

    async def fetch(self) -> bool:
        """Brings the viewer; empty when no company is covered."""
        data: Any = await self.ask("Home")
        if data["viewer"] is None:
            raise failures.SessionEnded
        self.services.session.adopt(data["viewer"])
        self.outages = await going_on(self.answer, self.outages)
        return not self.services.session.memberships

    @property
    def account(self) -> dict[str, Any]:
        """Top of the chosen membership."""
        return self.services.session.account

    @property
    def approvals(self) -> list[dict[str, Any]]:
        """The newest that wait for the viewer's word, at most three; none without the right."""
        found = (self.services.session.viewer or {}).get("approvals")
        return [edge["node"] for edge in found["edges"]] if found else []

    @property
    def unpaid_bill(self) -> dict[str, Any] | None:
        """The account's last bill, as long as something is to be paid on it."""
        bill: dict[str, Any] | None = (self.account.get("postpaid") or {}).get("lastBill")
        return bill if bill and int(bill["amountDue"]["amount"]) > 0 else None

    @property
    def children(self) -> list[dict[str, Any]]:
        """Accounts directly below, at most 20."""
        return [edge["node"] for edge in self.account.get("children", {}).get("edges", [])]
