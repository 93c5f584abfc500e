"""Reading jobs: an actor sees those they started, as long as they reach the organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam
from sqlmodel import col, select

from domain.jobs import tables
from domain.jobs.states import JobKind, JobRowState, JobState
from domain.jobs.tables import Job
from domain.kernel.batches import in_order
from domain.kernel.ids import KINDS, Ref
from domain.kernel.paging import Page, Window
from domain.kernel.permissions import Permission
from domain.kernel.plan import Reason
from domain.kernel.scope import ActorRef, Scope
from domain.reading import By, Limits, count, members, named_anyway, page, shaped
from store.session import Session
from store.statements import Prepared, among


class JobRow(msgspec.Struct, frozen=True):
    """A job as it is shown; `permission` is the right that began it."""

    id: UUID
    organization_id: UUID
    path: str
    kind: JobKind
    state: JobState
    by: ActorRef
    permission: Permission
    total: int | None
    succeeded: int
    failed: int
    created_at: datetime
    finished_at: datetime | None
    expected_at: datetime | None
    documents: tuple[UUID, ...]


class JobLine(msgspec.Struct, frozen=True):
    """A row of a job as it is shown."""

    index: int
    label: str
    subject: Ref | None
    state: JobRowState
    failure: Reason | None


_COLUMNS: tuple[Any, ...] = tuple(getattr(Job, name) for name in JobRow.__struct_fields__)
_NEWEST = (By(col(Job.created_at), is_descending=True), By(col(Job.id), is_descending=True))
_IN_ORDER = (By(col(tables.JobRow.index)),)
KINDS_OF_JOB, STATES, RIGHTS, ROW_STATES = members(JobKind), members(JobState), members(Permission), members(JobRowState)


def _job(row: Any) -> JobRow:
    id, organization_id, path, kind, state, by, permission, total, succeeded, failed, created, finished, expected, documents, *_ = row
    return JobRow(
        id, organization_id, path, KINDS_OF_JOB[kind], STATES[state], ActorRef.from_json(by), RIGHTS[permission], total, succeeded, failed,
        created, finished, expected, tuple(map(UUID, documents)),
    )  # fmt: skip


@shaped
def _own(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    mine: Select[Any] = select(*_COLUMNS).where(col(Job.actor_id) == bindparam("actor_id"))
    by_ids = (among(col(Job.id), "ids"),) if "ids" in given else ()
    return scope.limit(mine.where(*by_ids), col(Job.organization_id), of_group=named_anyway)


async def jobs_page(session: Session, scope: Scope, *, window: Window) -> Page[JobRow]:
    """The actor's own jobs, newest first."""
    return (await page(session, _own(scope, ())(actor_id=scope.actor.id), window, _NEWEST, name="jobs")).map(_job)


async def jobs_count(session: Session, scope: Scope) -> int:
    """How many jobs that is."""
    return await count(session, _own(scope, ())(actor_id=scope.actor.id))


async def jobs_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[JobRow | None]:
    """The actor's own jobs in the order asked, null for others."""
    return in_order(ids, map(_job, await session.rows(_own(scope, ("ids",)), actor_id=scope.actor.id, ids=ids)))


def _lines(given: tuple[str, ...]) -> Prepared:
    row = tables.JobRow
    columns: tuple[Any, ...] = (row.index, row.label, row.subject_kind, row.subject_id, row.state, row.failure)
    of_job = (col(row.organization_id) == bindparam("organization_id"), col(row.job_id) == bindparam("job_id"))
    in_states = (among(col(row.state), "states"),) if "states" in given else ()
    return Prepared(select(*columns).where(*of_job, *in_states))


_LINES: Mapping[bool, Prepared] = {False: _lines(()), True: _lines(("states",))}


async def lines_page(
    session: Session, organization_id: UUID, job_id: UUID, *, window: Window, states: Sequence[JobRowState] | None = None
) -> Page[JobLine]:
    """Rows of a job in order; for whoever sees the job."""
    statement = _LINES[states is not None](organization_id=organization_id, job_id=job_id, states=states)
    return (await page(session, statement, window, _IN_ORDER, name="job_rows")).map(_line)


def _line(row: Any) -> JobLine:
    index, label, kind, subject_id, state, failure, *_ = row
    subject = Ref(KINDS[kind], subject_id) if kind else None
    return JobLine(index, label, subject, ROW_STATES[state], Reason.from_json(failure) if failure else None)


