"""A job: work in the background, row by row; watched until it ends, and stopped by a plan like any other write."""

import asyncio
from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services

FINAL = frozenset({"FINISHED", "CANCELLED", "FAILED"})
KINDS = frozenset({"SIM_STATUS", "SIM_CHANGE", "ORDER"})
PAUSE_SECONDS = 1.0


class Job(Loadable):
    """One job by its id; starts with what is already known of it."""

    def __init__(self, services: Services, job_id: str, known: dict[str, Any] | None = None) -> None:
        super().__init__(services)
        self.job_id = job_id
        self.job: dict[str, Any] = known or {}
        self.failed: list[dict[str, Any]] = []
        self.has_more_failed = False
        self._is_left = self._is_followed = False

    async def fetch(self) -> bool:
        """Brings the job and the first 50 rows that failed."""
        data: Any = await self.ask("Job", id=self.job_id, after=None)
        found = data["node"]
        if not found:
            raise failures.NotFound
        self.failed, self.has_more_failed = [edge["node"] for edge in found["rows"]["edges"]], found["rows"]["pageInfo"]["hasNextPage"]
        self.job = {key: value for key, value in found.items() if key != "rows"}
        return False

    async def follow(self) -> None:
        """Looks again until it has ended or nobody watches; without network it waits. One watch is enough."""
        if self._is_followed:
            return
        self._is_followed = True
        try:
            await self._follow()
        finally:
            self._is_followed = False

    async def _follow(self) -> None:
        while not self._is_left:
            await self.load()
            if self.failure or self.is_final:
                return
            if self.is_cached:
                await self.services.network.back()
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    async def resume(self) -> None:
        """Looks at once, and watches on."""
        await self.load()
        await self.follow()

    def leave(self) -> None:
        """Nobody watches any more."""
        self._is_left = True

    def stop(self) -> PlanFlow:
        """Stopping it: rows done stay done."""
        return PlanFlow(self.services, "JobCancel", {"jobId": self.job_id}, has_key=False)

    @property
    def is_final(self) -> bool:
        """Nothing more will happen."""
        return self.job.get("state") in FINAL

    @property
    def done(self) -> int:
        """Rows decided, well or not."""
        return int(self.job["succeeded"]) + int(self.job["failed"])

    def share(self, count: int) -> float:
        """A number of rows as a share of all; nothing while their number is unknown."""
        return count / self.job["total"] if self.job["total"] else 0.0


def kind_of(job: dict[str, Any]) -> str:
    """Which words name it."""
    return job["kind"] if job["kind"] in KINDS else "OTHER"
