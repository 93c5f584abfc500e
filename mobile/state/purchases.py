"""Purchases of the last 15 days, newest first, of the account or of one card."""

from typing import Any

from mobile.state.loading import Loadable
from mobile.state.services import Services


class Purchases(Loadable):
    """A list that grows page by page."""

    def __init__(self, services: Services, sim_id: str | None = None) -> None:
        super().__init__(services)
        self.sim_id = sim_id
        self.orders: list[dict[str, Any]] = []
        self._after: str | None = None
        self.has_more = False

    async def fetch(self) -> bool:
        """Brings the first page."""
        page = await self._page(None)
        self.orders = [edge["node"] for edge in page["edges"]]
        self._note(page)
        return not self.orders

    async def more(self) -> None:
        """Adds the next page."""
        if self.has_more:
            page = await self._page(self._after)
            self.orders += [edge["node"] for edge in page["edges"]]
            self._note(page)
            self.changed()

    def _note(self, page: dict[str, Any]) -> None:
        self._after, self.has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    async def _page(self, after: str | None) -> dict[str, Any]:
        narrow = {"simId": self.sim_id} if self.sim_id else None
        data: Any = await self.ask("PurchaseHistory", account=self.services.session.account.get("id"), filter=narrow, after=after)
        found: dict[str, Any] = data["account"]["orders"]
        return found
