"""Requests to support: the list and opening one."""

from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable, explain

PRIORITIES = ("LOW", "MEDIUM", "HIGH")


class Tickets(Loadable):
    """Tickets of the company, newest first."""

    tickets: list[dict[str, Any]]
    problem: str | None = None
    is_busy = False

    async def fetch(self) -> bool:
        """Brings the first 25."""
        data: Any = await self.ask("Tickets", organization=self.services.session.organization_id)
        connection = data["organization"]["tickets"]
        if connection is None:
            raise failures.NoRight
        self.tickets = [edge["node"] for edge in connection["edges"]]
        return not self.tickets

    async def open(self, title: str, text: str, priority: str) -> dict[str, Any] | None:
        """Opens one; None with `problem` set when it was refused."""
        content = {
            "organizationId": self.services.session.organization_id,
            "title": title.strip(),
            "text": text.strip(),
            "priority": priority,
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
