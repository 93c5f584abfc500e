"""A receipt: the order, how far the network is with it, and its PDF."""

import asyncio
import pathlib
from typing import Any

from mobile.gateway import failures
from mobile.state.downloads import Download
from mobile.state.loading import Loadable
from mobile.state.services import Services

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "REJECTED"})
PAUSE_SECONDS = 2.0
LOOKS = 30


class Receipt(Loadable):
    """One order by its id; starts with what is already known of it."""

    def __init__(self, services: Services, order_id: str, known: dict[str, Any] | None = None) -> None:
        super().__init__(services)
        self.order_id = order_id
        self.order: dict[str, Any] = known or {}
        self.paper = Download(services, "receipts")

    async def fetch(self) -> bool:
        """Brings the order."""
        data: Any = await self.ask("OrderProgress", id=self.order_id)
        if data["node"] is None:
            raise failures.NotFound
        self.order = data["node"]
        return False

    async def follow(self) -> None:
        """Looks again until every line is final, or for a minute."""
        for _ in range(LOOKS):
            await self.load()
            if self.failure or (self.order and self.is_final):
                return
            await asyncio.sleep(PAUSE_SECONDS)

    @property
    def items(self) -> list[dict[str, Any]]:
        """The first 100 lines."""
        return [edge["node"] for edge in self.order["items"]["edges"]]

    @property
    def done_count(self) -> int:
        """Lines the network has done."""
        return sum(item["state"] == "COMPLETED" for item in self.items)

    @property
    def is_final(self) -> bool:
        """Nothing more will happen by itself."""
        return all(item["state"] in FINAL for item in self.items)

    async def download(self) -> pathlib.Path | None:
        """Saves the PDF by a fresh link (links live ten minutes) and gives its place; None with `problem` set when it failed."""
        self.paper.problem = None
        try:
            await self.fetch()
        except failures.SessionEnded:
            self.services.session.end()
            return None
        except failures.Failure as failure:
            self.paper.problem = failure
            return None
        return await self.paper.save(self.order["receipt"])

    @property
    def problem(self) -> failures.Failure | None:
        """Why the PDF wasn't saved."""
        return self.paper.problem
