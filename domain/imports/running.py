"""Imports by a job: a file that was sent is looked through, then written chunk by chunk, each exactly once; what is left out comes back.

Each chunk is one transaction with where to go on, so that a death at any moment does no row twice. With REJECT_ALL nothing is written
before the whole file was found good.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain as chain_of
from itertools import islice
from time import monotonic
from typing import BinaryIO, cast
from uuid import UUID

import structlog
from sqlmodel import col, select

from domain.accounts.queries import top_account
from domain.accounts.tables import Organization
from domain.audit import chain
from domain.audit.writing import Result, Work
from domain.files.queries import fetched
from domain.files.service import keep_stream
from domain.files.tables import File, Purpose
from domain.files.uploads import claim, is_waiting
from domain.imports.accounts import AccountImport
from domain.imports.columns import ACCOUNTS, HOLDERS, SIMS, USAGE, Column
from domain.imports.holders import HolderImport
from domain.imports.reading import Line, Sheet, open_sheet
from domain.imports.report import Reject, Report, write_rejects
from domain.imports.sims import SimImport
from domain.imports.usage import UsageImport
from domain.jobs.service import job_for_update
from domain.jobs.states import OPEN, JobKind, JobRowState, JobState
from domain.jobs.tables import Job, JobRow
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, Forbidden, InvalidInput, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, Change, Reason
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.kernel.sealing import Sealer
from store.outbox import MOST_ATTEMPTS, Handler, Later, Task
from store.session import Database, Session
from store.upsert import insert_all

RUN = "imports.run"
KEPT = timedelta(days=30)
CHUNK = 5_000
SECONDS = 15.0
"""How long a run goes on before it lets others pass: far below the lease of the outbox."""
BEYOND = 1 << 40
"""A line that no file has: nothing is left to do."""
MOST_SHOWN = 80
LOG = structlog.get_logger("imports")


class ImportKind(StrEnum):
    """What can be imported."""

    ACCOUNTS = "ACCOUNTS"
    SIMS = "SIMS"
    HOLDERS = "HOLDERS"
    USAGE = "USAGE"


COLUMNS: dict[ImportKind, Sequence[Column]] = {
    ImportKind.ACCOUNTS: ACCOUNTS, ImportKind.SIMS: SIMS, ImportKind.HOLDERS: HOLDERS, ImportKind.USAGE: USAGE,
}  # fmt: skip
MOST_ROWS: dict[ImportKind, int] = {
    ImportKind.ACCOUNTS: 5_000, ImportKind.SIMS: 150_000, ImportKind.HOLDERS: 150_000, ImportKind.USAGE: 5_000_000,
}  # fmt: skip
"""Rows of one file: what is looked through, and for accounts written, within one run."""


async def count_rows(database: Database, scope: Scope, kind: ImportKind, upload_id: UUID, organization_id: UUID) -> int | None:
    """How many rows an upload of the actor's own has; null when there is none to claim.

    A file that can't be read, lacks columns or has too many rows is `InvalidInput`.
    """
    async with database.read() as session:
        if not await is_waiting(session, scope, upload_id, organization_id=organization_id):
            return None
    async with fetched(database, upload_id) as content:
        return await asyncio.to_thread(_counted, content, kind)


def _counted(content: BinaryIO, kind: ImportKind) -> int:
    with open_sheet(content, COLUMNS[kind]) as sheet:
        total = sum(1 for _ in islice(sheet.lines, MOST_ROWS[kind] + 1))
    if total > MOST_ROWS[kind]:
        raise InvalidInput("import.too_many_rows", field=("uploadId",), most=MOST_ROWS[kind])
    return total


async def create(
    work: Work, kind: ImportKind, upload_id: UUID, organization_id: UUID, policy: BulkErrorPolicy, *, total: int | None, locale: Locale
) -> Result:
    """Begins the import of an upload of so many rows by a job; returns `job`.

    Holders are a company's own; what decides whose a line is, is the operator's to bring in: else `Forbidden`. An upload that isn't the
    actor's own is `NotFound`.
    """
    if kind is not ImportKind.HOLDERS and not work.scope.actor.is_operator:
        raise Forbidden
    top = await top_account(work.sql, work.scope, organization_id)
    if top is None:
        raise NotFound(field=("organizationId",))
    (file,) = await claim(work.sql, work.scope, [upload_id], Purpose.IMPORT, organization_id=organization_id)
    work.within(organization_id, top.path)
    job = Job(
        id=uuid7(), organization_id=organization_id, path=top.path, kind=JobKind.IMPORT, mutation="importCreate",
        request={"kind": kind, "file": file.id.hex, "locale": locale, "line": 0, "is_checked": policy is BulkErrorPolicy.SKIP_FAILED},
        policy=policy, actor_id=work.scope.actor.id, by=work.scope.actor.as_json(), permission=work.scope.permission,
        reach=[part.path for part in work.scope.reach if part.organization_id in (None, organization_id)], total=total or 0,
        created_at=work.at,
    )  # fmt: skip
    work.sql.add(job)
    work.changed(None, file.file_name, "state", None, JobState.QUEUED)  # a plan makes another job: it has no id to name
    work.changed(None, file.file_name, "total", None, total)
    await work.afterwards(RUN, {"job_id": job.id.hex}, subject=f"job:{job.id}")
    return {"job": job.id}


def handlers(database: Database, sealer: Sealer, clock: Clock) -> dict[str, Handler]:
    """The outbox's handler of imports."""

    async def run(task: Task) -> None:
        """Writes chunks for a while and then lets others pass; an import that fails again and again breaks off."""
        job_id = UUID(task.payload["job_id"])
        try:
            is_over = await _run(database, sealer, job_id, at=clock.now())
        except DomainError as error:
            LOG.warning("import_refused", job=str(job_id), error=type(error).__name__)
            await _end(database, job_id, JobState.FAILED, at=clock.now())
            return
        except Exception:
            if task.attempt >= MOST_ATTEMPTS:
                await _end(database, job_id, JobState.FAILED, at=clock.now())
            raise
        if not is_over:
            raise Later(clock.now(), has_progressed=True)

    return {RUN: run}


class _Import:
    """One import as it goes on in one run of the worker."""

    def __init__(self, database: Database, sealer: Sealer, job: Job, at: datetime) -> None:
        self.database, self.sealer, self.job, self.at = database, sealer, job, at
        self.kind = ImportKind(job.request["kind"])
        reach = tuple(Reach(job.organization_id, path) for path in job.reach)
        self.scope = Scope(ActorRef.from_json(job.by), Permission(job.permission), reach, at)

    def runner(self, session: Session, report: Report) -> AccountImport | SimImport | HolderImport | UsageImport:
        """Who takes rows of this kind, for this organization alone."""
        if self.kind is ImportKind.ACCOUNTS:
            return AccountImport(session, report, at=self.at, new_id=uuid7, only=self.job.organization_id)
        if self.kind is ImportKind.SIMS:
            return SimImport(session, report, self.sealer, at=self.at, new_id=uuid7, only=self.job.organization_id)
        if self.kind is ImportKind.HOLDERS:
            return HolderImport(session, report, self.scope, at=self.at, new_id=uuid7)
        return UsageImport(self.database, report, self.scope, at=self.at)

    async def take(self, session: Session, sheet: Sheet, lines: Iterator[Line], *, writes: bool) -> Report:
        """Decides about some lines, and writes them if so wanted."""
        report = Report()
        report.opened(sheet)
        await self.runner(session, report).take(replace(sheet, lines=lines), writes=lambda: writes)
        return report


async def _run(database: Database, sealer: Sealer, job_id: UUID, *, at: datetime) -> bool:
    """Goes on with an import; returns whether that was all."""
    async with database.read() as session:
        job = (await session.scalars(select(Job).where(col(Job.id) == job_id))).one()
    if job.state not in OPEN:
        return True
    one, began = _Import(database, sealer, job, at), monotonic()
    async with fetched(database, UUID(job.request["file"])) as content:
        with _from(content, one, job.request["line"]) as sheet:
            while True:
                most = job.total if one.kind is ImportKind.ACCOUNTS else CHUNK
                lines = await asyncio.to_thread(list, islice(sheet.lines, most))
                if not lines and job.request["is_checked"]:
                    return await _finish(one, content)
                going = await (_write(one, sheet, lines) if job.request["is_checked"] else _check(one, sheet, lines))
                if going is None:
                    return True
                if going.request["is_checked"] != job.request["is_checked"]:
                    return False  # the next run writes, from the beginning
                job = one.job = going
                if monotonic() - began > SECONDS:
                    return False


@contextmanager
def _from(content: BinaryIO, one: _Import, line: int) -> Iterator[Sheet]:
    """The file behind a line."""
    with open_sheet(content, COLUMNS[one.kind]) as sheet:
        yield replace(sheet, lines=(each for each in sheet.lines if each.number > line))


async def _check(one: _Import, sheet: Sheet, lines: Sequence[Line]) -> Job | None:
    """Looks through lines and writes nothing; rows that can't be done end a job of all or nothing once all are found.

    Of everything but usage, whose records may repeat, all lines are looked through at once: a row may repeat what another far above has.
    """
    is_through = not lines or one.kind is not ImportKind.USAGE
    rest = sheet.lines if is_through else iter(())
    async with one.database.read() as session:
        report = await one.take(session, sheet, chain_of(lines, rest), writes=False)

    def moved(job: Job) -> None:
        job.state, job.started_at = JobState.RUNNING, job.started_at or one.at
        job.failed += len({reject.line for reject in report.rejects})
        line = 0 if is_through else lines[-1].number
        if is_through and job.failed:
            line = BEYOND
        job.request = {**job.request, "line": line, "is_checked": is_through, "is_refused": line == BEYOND}

    return await _settled(one, report.rejects, moved)


async def _write(one: _Import, sheet: Sheet, lines: Sequence[Line]) -> Job | None:
    """Writes lines, in one transaction with how far that is."""
    if one.kind is ImportKind.USAGE:  # into documents, where the same again makes no difference
        async with one.database.read() as session:
            report = await one.take(session, sheet, iter(lines), writes=True)
        return await _settled(one, report.rejects, lambda job: _moved(job, one, lines, report))
    async with one.database.write() as session:
        job = await _locked(session, one)
        if job is None:
            return None
        report = await one.take(session, sheet, iter(lines), writes=True)
        await _note(session, job, report.rejects)
        _moved(job, one, lines, report)
        return job


def _moved(job: Job, one: _Import, lines: Sequence[Line], report: Report) -> None:
    """How far the job is now, and when it will be over if it goes on like this."""
    failed = len({reject.line for reject in report.rejects})
    job.failed += failed
    job.succeeded += len(lines) - failed
    job.state, job.started_at = JobState.RUNNING, job.started_at or one.at
    job.request = {**job.request, "line": lines[-1].number}
    done = job.succeeded + job.failed
    job.expected_at = one.at + (one.at - job.created_at) / done * (job.total - done) if done else None


async def _settled(one: _Import, rejects: Sequence[Reject], move: Callable[[Job], None]) -> Job | None:
    async with one.database.write() as session:
        job = await _locked(session, one)
        if job is not None:
            await _note(session, job, rejects)
            move(job)
        return job


async def _locked(session: Session, one: _Import) -> Job | None:
    """The job, unless it is over or somebody else went on with it meanwhile."""
    job = await job_for_update(session, one.job.id)
    is_same = (job.request["line"], job.request["is_checked"]) == (one.job.request["line"], one.job.request["is_checked"])
    return job if job.state in OPEN and is_same else None


async def _note(session: Session, job: Job, rejects: Sequence[Reject]) -> None:
    """Keeps the rows that were left out as rows of the job, each with all its reasons."""
    reasons: dict[int, list[Reject]] = {}
    for reject in rejects:
        reasons.setdefault(reject.line, []).append(reject)
    rows = (
        {
            "organization_id": job.organization_id, "job_id": job.id, "index": line,
            "label": f"{why[0].column}: {why[0].value}"[:MOST_SHOWN], "subject_kind": None, "subject_id": None,
            "payload": {"why": [[one.column, one.reason.as_json()] for one in why]}, "state": JobRowState.FAILED,
            "failure": why[0].reason.as_json(),
        }
        for line, why in sorted(reasons.items())
    )  # fmt: skip
    await insert_all(session, JobRow, rows, ignores_known=True)


async def _finish(one: _Import, content: BinaryIO) -> bool:
    """Ends the job: an entry in the audit trail, and the rows left out as a file."""
    rows = (col(JobRow.organization_id) == one.job.organization_id, col(JobRow.job_id) == one.job.id)
    async with one.database.read() as session:
        left_out = (await session.scalars(select(JobRow).where(*rows).order_by(col(JobRow.index)))).all()
    reasons = {row.index: [(why[0], Reason.from_json(why[1])) for why in (row.payload or {}).get("why", ())] for row in left_out}
    with tempfile.TemporaryFile() as scratch:
        file = cast(BinaryIO, scratch)
        if reasons:
            write_rejects(file, content, COLUMNS[one.kind], reasons, Locale(one.job.request["locale"]))
        async with one.database.write() as session:
            job = await _locked(session, one)
            if job is None:
                return True
            if reasons:
                kept = File(
                    id=uuid7(), organization_id=job.organization_id, name=f"rejects-{job.created_at:%Y%m%d-%H%M%S}.csv",
                    media_type="text/csv", size_bytes=file.seek(0, 2), purpose=Purpose.REJECTS, by_id=job.actor_id, created_at=one.at,
                    expires_at=one.at + KEPT,
                )  # fmt: skip
                await keep_stream(session, kept, file)
                job.documents = [*job.documents, str(kept.id)]
            is_refused = bool(job.request.get("is_refused"))
            job.state, job.finished_at, job.expected_at = JobState.FAILED if is_refused else JobState.FINISHED, one.at, None
            await _record(session, one, job)
    return True


async def _record(session: Session, one: _Import, job: Job) -> None:
    name = (await session.scalars(select(Organization.name).where(col(Organization.id) == job.organization_id))).one()
    change = Change(Ref(Kind.ORGANIZATION, job.organization_id), name, one.kind.lower(), None, str(job.succeeded))
    by = ActorRef.from_json(job.by)
    await chain.append(
        session, job.organization_id, by=by, action="import", at=one.at, path=job.path, changes=[change] if job.succeeded else [],
        subjects={job.id},
    )  # fmt: skip


async def _end(database: Database, job_id: UUID, state: JobState, *, at: datetime) -> None:
    async with database.write() as session:
        job = await job_for_update(session, job_id)
        if job.state in OPEN:
            job.state, job.finished_at, job.expected_at = state, at, None
