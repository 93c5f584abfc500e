"""Jobs and their rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from domain.jobs.states import JobRowState, JobState
from store.types import Json, Ordered, UtcDateTime


class Job(SQLModel, table=True):
    """What was asked for over many rows, by whom and with which right, and how far it is; `documents` are ids of the files it made.

    `reach` is the paths that the asker could reach with the right then, `path` covers everything the job touches.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_actor", "organization_id", "actor_id", "created_at", "id"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    path: str = Field(sa_type=Ordered)
    kind: str
    state: str = JobState.QUEUED
    mutation: str
    request: dict[str, Any] = Field(sa_type=Json)
    policy: str
    actor_id: UUID
    by: dict[str, Any] = Field(sa_type=Json)
    permission: str
    reach: list[str] = Field(sa_type=Json)
    total: int
    succeeded: int = 0
    failed: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expected_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    documents: list[str] = Field(default_factory=list, sa_type=Json)


class JobRow(SQLModel, table=True):
    """One row of a job: `index` counts from 1 and is the line of a sent file, `payload` is what the row alone asks for."""

    __tablename__ = "job_rows"
    __table_args__ = (Index("ix_job_rows_state", "organization_id", "job_id", "state", "index"),)

    organization_id: UUID = Field(primary_key=True)
    job_id: UUID = Field(primary_key=True, foreign_key="jobs.id")
    index: int = Field(primary_key=True)
    label: str
    subject_kind: str | None = None
    subject_id: UUID | None = None
    payload: dict[str, Any] | None = Field(default=None, sa_type=Json)
    state: str = JobRowState.PENDING
    failure: dict[str, Any] | None = Field(default=None, sa_type=Json)
