"""The audit chain and the keys of writes already done."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import Json, Ordered, UtcDateTime


class AuditEntry(SQLModel, table=True):
    """A write, or a refused attempt, chained by hash to the organization's entry before; `path` covers everything it touched."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("organization_id", "seq"),
        Index("ix_audit_entries_at", "organization_id", "at", "seq", "path", "is_operator"),
        Index("ix_audit_entries_person", "organization_id", "person_id", "at", "seq"),
        Index("ix_audit_entries_action", "organization_id", "action", "at", "seq"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    seq: int
    path: str = Field(sa_type=Ordered)
    at: datetime = Field(sa_type=UtcDateTime)
    by: dict[str, Any] = Field(sa_type=Json)
    person_id: UUID | None = None
    is_operator: bool = False
    action: str
    reason: str | None = None
    changes: list[dict[str, Any]] = Field(sa_type=Json)
    change_count: int
    failure: dict[str, Any] | None = Field(default=None, sa_type=Json)
    previous_hash: str
    hash: str


class AuditSubject(SQLModel, table=True):
    """What an entry touched, for reading the trail of one thing."""

    __tablename__ = "audit_subjects"
    __table_args__ = (Index("ix_audit_subjects_entry", "entry_id"),)

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    subject_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    entry_id: UUID = Field(foreign_key="audit_entries.id")


class AuditHead(SQLModel, table=True):
    """The last entry of an organization's chain, locked last in every write; up to `erased_to` old values were looked for."""

    __tablename__ = "audit_heads"

    organization_id: UUID = Field(primary_key=True, foreign_key="organizations.id")
    seq: int = 0
    hash: str = "0" * 64
    erased_to: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class IdempotencyKey(SQLModel, table=True):
    """A claimed key: the same actor, mutation and key give the first outcome again, other content is a conflict."""

    __tablename__ = "idempotency_keys"

    actor_id: UUID = Field(primary_key=True)
    mutation: str = Field(primary_key=True)
    key: UUID = Field(primary_key=True)
    fingerprint: str
    first_used_at: datetime = Field(sa_type=UtcDateTime)
    outcome: dict[str, Any] | None = Field(default=None, sa_type=Json)
