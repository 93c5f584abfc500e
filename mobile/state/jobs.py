"""The jobs that the person has begun, newest first."""

from typing import Any

from mobile.state.loading import Loadable


class Jobs(Loadable):
    """The newest 25."""

    jobs: list[dict[str, Any]]

    async def fetch(self) -> bool:
        """Brings them."""
        data: Any = await self.ask("Jobs")
        self.jobs = [edge["node"] for edge in data["viewer"]["jobs"]["edges"]]
        return not self.jobs
