"""The talk of tickets, as documents."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from beanie import Document
from pydantic import Field
from pymongo import IndexModel


class TicketMessage(Document):
    """A message of a ticket; `files` are ids of files."""

    id: UUID = Field()  # type: ignore[assignment]
    organization_id: UUID
    ticket_id: UUID
    at: datetime
    by: dict[str, Any]
    text: str
    files: list[UUID]

    class Settings:
        """Collection and indexes."""

        name = "ticket_messages"
        indexes: ClassVar = [IndexModel([("organization_id", 1), ("ticket_id", 1), ("at", 1), ("_id", 1)])]
