"""The home page: the company, its wallet, its SIM counts and the accounts below."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable


class Home(Loadable):
    """Reads the viewer and tells the session about it."""

    async def fetch(self) -> bool:
        """Brings the viewer; empty when no company is covered."""
        data: Any = await self.ask("Home")
        if data["viewer"] is None:
            raise failures.SessionEnded
        self.services.session.adopt(data["viewer"])
        return not self.services.session.memberships

    @property
    def account(self) -> dict[str, Any]:
        """Top of the chosen membership."""
        return self.services.session.account

    @property
    def children(self) -> list[dict[str, Any]]:
        """Accounts directly below, at most 20."""
        return [edge["node"] for edge in self.account.get("children", {}).get("edges", [])]
