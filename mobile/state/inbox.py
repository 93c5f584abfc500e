"""The inbox: approvals that wait for one's word, one's requests to support, and one's background jobs, as tabs."""

from typing import Any

from mobile.state.approvals import Approvals
from mobile.state.jobs import Jobs
from mobile.state.services import Services
from mobile.state.tabs import Tabs
from mobile.state.tickets import Tickets


class Inbox(Tabs):
    """What waits, and what one waits for."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, {"approvals": Approvals(services), "requests": Tickets(services), "jobs": Jobs(services)})

    def waiting(self, tab: str) -> int:
        """How many of a tab wait: approvals for one's word, jobs for their end."""
        if tab == "approvals":
            return int(self.models["approvals"].count)
        jobs: list[Any] = getattr(self.models["jobs"], "jobs", []) if tab == "jobs" else []
        return sum(job["state"] in ("QUEUED", "RUNNING") for job in jobs)
