"""One request: its facts, its talk, and answering it."""

import pathlib
from typing import Any

from mobile.gateway import failures
from mobile.state.loading import Loadable, explain
from mobile.state.services import Services


class TicketView(Loadable):
    """A request as the list knew it, then with its talk; `problem` says why an answer wasn't taken."""

    messages: list[dict[str, Any]]
    own_id: str | None = None
    has_earlier = False
    problem: str | None = None
    is_busy = False

    def __init__(self, services: Services, ticket: dict[str, Any]) -> None:
        super().__init__(services)
        self.ticket = ticket

    async def fetch(self) -> bool:
        """Brings it with the last 100 messages, oldest first."""
        data: Any = await self.ask("Ticket", id=self.ticket["id"])
        if data["viewer"] is None:
            raise failures.SessionEnded
        if data["node"] is None:
            raise failures.NotFound
        self.ticket, self.own_id = data["node"], (data["viewer"]["actor"]["person"] or {}).get("id")
        talk = data["node"]["messages"] or {"edges": [], "pageInfo": {"hasPreviousPage": False}}
        self.messages, self.has_earlier = [edge["node"] for edge in talk["edges"]], talk["pageInfo"]["hasPreviousPage"]
        return False

    @property
    def may_answer(self) -> bool:
        """It is still open, and the person may write."""
        return self.ticket["state"] != "CLOSED" and self.services.session.may("TICKET_WRITE")

    @property
    def may_close(self) -> bool:
        """The person may end it now."""
        return "CLOSED" in self.ticket.get("nextStates", [])

    async def say(self, text: str) -> bool:
        """Adds a message; False with `problem` set when it was refused."""
        if not text.strip():
            self._tell(self.services.say("ticket.answer_missing"))
            return False
        return await self._reply(text=text.strip())

    async def close(self) -> bool:
        """Ends the request; False with `problem` set when it was refused."""
        return await self._reply(state="CLOSED")

    async def download(self, file: dict[str, Any]) -> pathlib.Path | None:
        """Saves an attached file by a fresh link; None with `failure` set when it failed."""
        try:
            await self.fetch()
            links = {one["id"]: one for message in self.messages for one in message["attachments"]}
            content = await self.services.gateway.download(links[file["id"]]["url"])
        except failures.SessionEnded:
            self.services.session.end()
            return None
        except failures.Failure as failure:
            self.failure = failure
            return None
        folder = self.services.folder / "attachments"
        folder.mkdir(parents=True, exist_ok=True)
        # Only the name of the file: a server never chooses the folder.
        saved = folder / pathlib.PurePosixPath(file["fileName"]).name
        saved.write_bytes(content)
        return saved

    async def _reply(self, **content: str) -> bool:
        self.is_busy = True
        self._tell(None)
        try:
            payload = await self.services.gateway.mutate("TicketReply", {"input": {"ticketId": self.ticket["id"], **content}})
        except failures.SessionEnded:
            self.services.session.end()
            return False
        except failures.Failure as failure:
            self._tell(explain(self.services.say, failure)[1])
            return False
        finally:
            self.is_busy = False
        if "ticket" not in payload:
            self._tell(payload["message"])
            return False
        await self.load()
        return True

    def _tell(self, problem: str | None) -> None:
        self.problem = problem
        self.changed()
