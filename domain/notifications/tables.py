"""Notices in people's feeds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from store.types import Json, UtcDateTime

IS_UNREAD = column("read_at").is_(None)
IS_READ = column("read_at").is_not(None)


class Notice(SQLModel, table=True):
    """Something a person was told, kept as a message's key and parameters so that it is read in whatever language they choose.

    Ids are made of `at`, so their order is that of the feed; `once` names the event, of which a person is told once. `person_id` is no
    foreign key: what is told, in the transaction that moves money, never stands in its way.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("person_id", "once"),
        Index("ix_notices_unread", "person_id", "id", postgresql_where=IS_UNREAD, sqlite_where=IS_UNREAD),
        Index("ix_notices_read", "organization_id", "read_at", postgresql_where=IS_READ, sqlite_where=IS_READ),
    )

    person_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    once: str
    key: str
    params: dict[str, Any] = Field(sa_type=Json)
    subject_kind: str
    subject_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
