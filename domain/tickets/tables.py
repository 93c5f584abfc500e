"""Tickets; their talk lives in the document store."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import Json, UtcDateTime


class TicketState(StrEnum):
    """State of a ticket (TMF621)."""

    ACKNOWLEDGED = "ACKNOWLEDGED"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING = "PENDING"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


class TicketPriority(StrEnum):
    """Urgency."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Ticket(SQLModel, table=True):
    """A request or complaint; `about_kind` and `about_id` name the thing it is about."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index("ix_tickets_list", "organization_id", "opened_at", "id"),
        Index("ix_tickets_state", "state", "opened_at"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    number: str
    title: str
    state: str
    priority: str
    about_kind: str | None = None
    about_id: UUID | None = None
    by: dict[str, Any] = Field(sa_type=Json)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    assignee_id: UUID | None = Field(default=None, foreign_key="persons.id")
