"""Runs jobs: the outbox's worker does one chunk at a time, each in one transaction that marks its rows done as it does them.

So a death at any moment does no row twice and forgets none: what was not committed wasn't done.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlmodel import col, select

from domain.audit.writing import Command, Result, Work, carry_out
from domain.jobs.deeds import Decision, Deed, Target
from domain.jobs.service import CHUNK, RUN, job_for_update
from domain.jobs.states import OPEN, JobRowState, JobState
from domain.jobs.tables import Job, JobRow
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import ActorRef, Scope, scope_at
from store.outbox import MOST_ATTEMPTS, Handler, Later, Task
from store.session import Database, Session

LOG = structlog.get_logger("jobs")


def handlers(database: Database, clock: Clock, deeds: Mapping[str, Deed]) -> dict[str, Handler]:
    """The outbox's handler of jobs, which may do the deeds by the names of their mutations."""

    async def run(task: Task) -> None:
        """Does a chunk and then lets others pass; a job whose chunk fails again and again breaks off."""
        job_id = UUID(task.payload["job_id"])
        try:
            is_over = await _run_chunk(database, deeds, job_id, at=clock.now())
        except Exception:
            if task.attempt >= MOST_ATTEMPTS:
                await _break_off(database, deeds, job_id, at=clock.now())
            raise
        if not is_over:
            raise Later(clock.now(), has_progressed=True)

    return {RUN: run}


async def _run_chunk(database: Database, deeds: Mapping[str, Deed], job_id: UUID, *, at: datetime) -> bool:
    """Does the next rows of a job, whoever else tries the same; returns whether that was all."""
    async with database.read() as session:
        job = await session.get_one(Job, job_id)
    done = await carry_out(
        database, _scope(job, at), Command(job.mutation, MutationMode.APPLY, ""), partial(_chunk, deeds[job.mutation], job_id), at=at
    )
    return bool(done.result and done.result["is_over"])


def _scope(job: Job, at: datetime) -> Scope:
    """What the asker could reach with the right when they asked, looked at now: what left it meanwhile is not found."""
    return scope_at(ActorRef.from_json(job.by), Permission(job.permission), job.organization_id, job.reach, at)


async def _chunk(deed: Deed, job_id: UUID, work: Work) -> Result:
    """Decides about the next rows, acts, and marks them done."""
    job = await job_for_update(work.sql, job_id)
    if job.state not in OPEN:  # cancelled
        await _close(deed, work, job)
        return {"is_over": True}
    rows = await _next_rows(work.sql, job)
    if rows:
        targets = [Target(row.index, row.label, row.subject_id, row.payload) for row in rows]
        decision = await _decided(deed, work, job, targets)
        await deed.act(work, decision.acts)
        await _settle(work.sql, job, rows, decision)
        work.subjects.add(job.id)
    _move_on(job, rows, work.at)
    if job.state not in OPEN:
        await _close(deed, work, job)
    return {"is_over": job.state not in OPEN}


async def _close(deed: Deed, work: Work, job: Job) -> None:
    """What its deed does at the end of a job, however it ended."""
    if deed.closes is not None:
        work.within(job.organization_id, job.path, job.id)
        await deed.closes(work, job.request)


async def _next_rows(session: Session, job: Job) -> Sequence[JobRow]:
    pending = (col(JobRow.organization_id) == job.organization_id, col(JobRow.job_id) == job.id, col(JobRow.state) == JobRowState.PENDING)
    return (await session.scalars(select(JobRow).where(*pending).order_by(col(JobRow.index)).limit(CHUNK))).all()


async def _decided(deed: Deed, work: Work, job: Job, targets: Sequence[Target]) -> Decision:
    """What comes out for the rows; what makes the whole request impossible by now fails each of them."""
    try:
        return await deed.decide(work, job.request, targets)
    except DomainError as error:
        decision = Decision()
        for target in targets:
            decision.leave_out(target, error)
        return decision


async def _settle(session: Session, job: Job, rows: Sequence[JobRow], decision: Decision) -> None:
    """Marks rows done."""
    for row in rows:
        if (exclusion := decision.left_out.get(row.index)) is not None:
            row.state, row.failure = JobRowState.FAILED, exclusion.reason.as_json()
    await session.flush()
    rest = (
        col(JobRow.organization_id) == job.organization_id, col(JobRow.job_id) == job.id, col(JobRow.state) == JobRowState.PENDING,
        col(JobRow.index) <= rows[-1].index,
    )  # fmt: skip
    done = update(JobRow).where(*rest).values(state=JobRowState.SUCCEEDED).execution_options(synchronize_session=False)
    await session.execute(done)
    job.failed += len(decision.left_out)
    job.succeeded += len(rows) - len(decision.left_out)


def _move_on(job: Job, rows: Sequence[JobRow], at: datetime) -> None:
    """How far the job is now, and when it will be over if it goes on like this."""
    job.started_at = job.started_at or at
    left = job.total - job.succeeded - job.failed
    if left <= 0 or not rows:
        job.state, job.finished_at, job.expected_at = JobState.FINISHED, at, None
        return
    job.state = JobState.RUNNING
    job.expected_at = at + (at - job.created_at) / (job.total - left) * left


async def _break_off(database: Database, deeds: Mapping[str, Deed], job_id: UUID, *, at: datetime) -> None:
    """Gives a job up: rows done stay done, the others stay as they are."""
    LOG.error("job_broke_off", job=str(job_id))

    async def service(work: Work) -> Result:
        job = await job_for_update(work.sql, job_id)
        if job.state in OPEN:
            job.state, job.finished_at, job.expected_at = JobState.FAILED, at, None
        await _close(deeds[job.mutation], work, job)
        return {}

    async with database.read() as session:
        job = await session.get_one(Job, job_id)
    await carry_out(database, _scope(job, at), Command(job.mutation, MutationMode.APPLY, ""), service, at=at)
