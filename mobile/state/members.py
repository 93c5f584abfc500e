"""Who holds a role in the company: profile managers and account managers, with what they cover."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable


class Members(Loadable):
    """In order of appointment, a page of 50 at a time."""

    members: list[dict[str, Any]]
    count: int = 0
    cursor: str | None = None
    own_id: str | None = None
    is_growing = False

    async def fetch(self) -> bool:
        """Brings the first page."""
        found = await self._page()
        self.members, self.count = [edge["node"] for edge in found["edges"]], found["totalCount"]
        return not self.members

    async def load_more(self) -> None:
        """Brings the next page; nothing when there is none or one is on its way."""
        if self.is_growing or self.cursor is None:
            return
        self.is_growing = True
        try:
            found = await self._page(self.cursor)
            self.members += [edge["node"] for edge in found["edges"]]
        except failures.SessionEnded:
            self.services.session.end()
        except failures.Failure as failure:
            self.failure = failure
        finally:
            self.is_growing = False
            self.changed()

    async def _page(self, after: str | None = None) -> dict[str, Any]:
        data: Any = await self.ask("Members", organization=self.services.session.organization_id, after=after)
        self.own_id = (data["viewer"]["actor"]["person"] or {}).get("id")
        found: dict[str, Any] = data["organization"]["memberships"]
        self.cursor = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
        return found
