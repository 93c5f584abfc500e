"""Outage notices and what was changed in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.types import Json, UtcDateTime


class Incident(SQLModel, table=True):
    """An outage; `words` are headline and text by language, `locale` is the one it was first written in."""

    __tablename__ = "incidents"
    __table_args__ = (Index("ix_incidents_period", "ends_at", "starts_at"),)

    id: UUID = Field(primary_key=True)
    locale: str
    words: dict[str, dict[str, str]] = Field(sa_type=Json)
    services: list[str] = Field(sa_type=Json)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IncidentChange(SQLModel, table=True):
    """Who changed what in a notice: no company's data is touched, so it stands in no company's audit trail. Never changed or deleted."""

    __tablename__ = "incident_changes"
    __table_args__ = (Index("ix_incident_changes_incident", "incident_id", "at"),)

    id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(foreign_key="incidents.id")
    at: datetime = Field(sa_type=UtcDateTime)
    by: dict[str, Any] = Field(sa_type=Json)
    changes: list[dict[str, Any]] = Field(sa_type=Json)
