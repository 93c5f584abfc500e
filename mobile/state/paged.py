"""A list that grows page by page, as the server's connections do."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable
from mobile.state.services import Services


class Paged(Loadable):
    """Its rows so far; a subclass says where a page comes from."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.rows: list[dict[str, Any]] = []
        self.cursor: str | None = None
        self.is_growing = False
        self._turn = 0

    async def page(self, after: str | None) -> dict[str, Any]:
        """The connection that begins behind the cursor, with its pageInfo and edges."""
        raise NotImplementedError

    async def fetch(self) -> bool:
        """Brings the first page."""
        self._turn += 1
        self._keep([], await self.page(None))
        return not self.rows

    async def load_more(self) -> None:
        """Adds the next page; nothing when there is none or one is on its way. What came for an older list is dropped."""
        if self.is_growing or self.cursor is None or self.is_asking:
            return
        self.is_growing, turn = True, self._turn
        try:
            found = await self.page(self.cursor)
            if turn == self._turn:
                self._keep(self.rows, found)
        except failures.SessionEnded:
            self.services.session.end()
        except failures.Failure as failure:
            self.failure = failure
        finally:
            self.is_growing = False
            self.changed()

    def _keep(self, before: list[dict[str, Any]], found: dict[str, Any]) -> None:
        self.rows = before + [edge["node"] for edge in found["edges"]]
        self.cursor = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
