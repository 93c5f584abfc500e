"""Requests to support: the list and opening one."""

from datetime import datetime
from typing import Any

from mobile.gateway import failures
from mobile.state.loading import explain
from mobile.state.paged import Paged

PRIORITIES = ("LOW", "MEDIUM", "HIGH")


def is_late(ticket: dict[str, Any], now: datetime) -> bool:
    """Whether its answer is overdue."""
    return ticket["dueAt"] is not None and datetime.fromisoformat(ticket["dueAt"]) <= now


class Tickets(Paged):
    """Tickets of the company, newest first, a page of 25 at a time."""

    problem: str | None = None
    is_busy = False

    async def page(self, after: str | None) -> dict[str, Any]:
        """One page; somebody without the right has none."""
        data: Any = await self.ask("Tickets", organization=self.services.session.organization_id, after=after)
        found: dict[str, Any] | None = data["organization"]["tickets"]
        if found is None:
            raise failures.NoRight
        return found

    async def open(self, title: str, text: str, priority: str, about_id: str | None = None) -> dict[str, Any] | None:
        """Opens one; None with `problem` set when it was refused."""
        content = {
            "organizationId": self.services.session.organization_id,
            "title": title.strip(),
            "text": text.strip(),
            "priority": priority,
            "aboutId": about_id,
        }
        if not content["title"] or not content["text"]:
            self._tell(self.services.say("ticket.words_missing"))
            return None
        self.is_busy = True
        self._tell(None)
        try:
            payload = await self.services.gateway.mutate("TicketOpen", {"input": content})
        except failures.SessionEnded:
            self.services.session.end()
            return None
        except failures.Failure as failure:
            self._tell(explain(self.services.say, failure)[1])
            return None
        finally:
            self.is_busy = False
        if "ticket" not in payload:
            self._tell(payload["message"])
            return None
        opened: dict[str, Any] = payload["ticket"]
        await self.load()
        return opened

    def _tell(self, problem: str | None) -> None:
        self.problem = problem
        self.changed()
