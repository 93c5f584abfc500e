"""Purchases of the last 15 days, newest first, of an account or of one card."""

from typing import Any

from mobile.state.paged import Paged
from mobile.state.payer import Payer
from mobile.state.services import Services


class Purchases(Paged):
    """Those of the account that pays; of one card only those it is part of."""

    def __init__(self, services: Services, sim_id: str | None = None, *, payer: Payer | None = None) -> None:
        super().__init__(services)
        self.sim_id = sim_id
        self.payer = payer or Payer(services)

    async def page(self, after: str | None) -> dict[str, Any]:
        """A page of orders."""
        narrow = {"simId": self.sim_id} if self.sim_id else None
        data: Any = await self.ask("PurchaseHistory", account=self.payer.account.get("id"), filter=narrow, after=after)
        found: dict[str, Any] = data["account"]["orders"]
        return found
