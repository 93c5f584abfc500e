"""Who looked at the company's data, and who changed what."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable


class Audit(Loadable):
    """The newest 50 of each."""

    looks: list[dict[str, Any]]
    changes: list[dict[str, Any]]

    async def fetch(self) -> bool:
        """Brings both lists."""
        data: Any = await self.ask("WhoDidWhat", organization=self.services.session.organization_id)
        found = data["organization"]
        if found["accessLog"] is None:
            raise failures.NoRight
        self.looks = [edge["node"] for edge in found["accessLog"]["edges"]]
        self.changes = [edge["node"] for edge in (found["auditTrail"] or {"edges": []})["edges"]]
        return False
