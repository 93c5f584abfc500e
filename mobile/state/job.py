"""A job: work in the background, row by row; watched until it ends, and stopped by a plan like any other write."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

from mobile.gateway import failures
from mobile.state.following import Followed
from mobile.state.plan_flow import PlanFlow
from mobile.state.services import Services

FINAL = frozenset({"FINISHED", "CANCELLED", "FAILED"})
KINDS = frozenset({"SIM_STATUS", "SIM_CHANGE", "ORDER"})
PAUSE_SECONDS = 1.0


class Job(Followed):
    """One job by its id; starts with what is already known of it."""

    def __init__(self, services: Services, job_id: str, known: dict[str, Any] | None = None) -> None:
        super().__init__(services)
        self.job_id = job_id
        self.job: dict[str, Any] = known or {}
        self.failed: list[dict[str, Any]] = []
        self.has_more_failed = False

    async def fetch(self) -> bool:
        """Brings the job and the first 50 rows that failed."""
        data: Any = await self.ask("Job", id=self.job_id, after=None)
        found = data["node"]
        if not found:
            raise failures.NotFound
        self.failed, self.has_more_failed = [edge["node"] for edge in found["rows"]["edges"]], found["rows"]["pageInfo"]["hasNextPage"]
        self.job = {key: value for key, value in found.items() if key != "rows"}
        return False

    def pauses(self) -> Iterator[float]:
        """A steady pace: rows are done all the time."""
        return repeat(PAUSE_SECONDS)

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
