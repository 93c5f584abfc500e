"""One ticket as the list knew it, for its own page."""

from typing import Any

from mobile.state.observe import Observable
from mobile.state.services import Services


class TicketView(Observable):
    """A ticket with its last messages."""

    def __init__(self, services: Services, ticket: dict[str, Any]) -> None:
        super().__init__()
        self.services = services
        self.ticket = ticket

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The last three, oldest first."""
        return [edge["node"] for edge in (self.ticket["messages"] or {"edges": []})["edges"]]
