"""Who holds a role in the company: profile managers and account managers, with what they cover."""

from typing import Any

from mobile.state.paged import Paged


class Members(Paged):
    """In order of appointment, a page of 50 at a time."""

    count: int = 0
    own_id: str | None = None

    async def page(self, after: str | None) -> dict[str, Any]:
        """One page, how many there are, and who asks."""
        data: Any = await self.ask("Members", organization=self.services.session.organization_id, after=after)
        self.own_id = (data["viewer"]["actor"]["person"] or {}).get("id")
        found: dict[str, Any] = data["organization"]["memberships"]
        self.count = found["totalCount"]
        return found
