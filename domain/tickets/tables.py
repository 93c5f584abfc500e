"""Tickets; their talk lives in the document store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from domain.tickets.states import TicketPriority as TicketPriority
from domain.tickets.states import TicketState as TicketState
from store.types import Json, Ordered, UtcDateTime


class Ticket(SQLModel, table=True):
    """A request or complaint; `about_kind` and `about_id` name the thing it is about, `path` is where that stood, `search` is folded.

    `department` is who answers it, `late_told_at` when the desk was last told that the answer is overdue.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index("ix_tickets_list", "organization_id", "opened_at", "id"),
        Index("ix_tickets_desk", "opened_at", "id"),
        Index("ix_tickets_due", "due_at"),
        Index("ix_tickets_closing", "closes_at"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    number: str
    path: str = Field(sa_type=Ordered)
    title: str
    search: str
    department: str
    state: str
    state_since: datetime = Field(sa_type=UtcDateTime)
    priority: str
    about_kind: str | None = None
    about_id: UUID | None = None
    by: dict[str, Any] = Field(sa_type=Json)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    late_told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    assignee_id: UUID | None = Field(default=None, foreign_key="persons.id")


class TicketFile(SQLModel, table=True):
    """A file attached to a message of a ticket: whoever sees the one may have the other."""

    __tablename__ = "ticket_files"

    file_id: UUID = Field(primary_key=True, foreign_key="files.id")
    ticket_id: UUID = Field(foreign_key="tickets.id", index=True)
