"""Makes exports: all at once into a file, or by a job that adds blocks to one, each block exactly once."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, BinaryIO, cast
from uuid import UUID

import structlog
from sqlalchemy import insert
from sqlmodel import col, select

from domain.accounts.queries import accounts_by_ids
from domain.audit.writing import Result, Work
from domain.exports import sources
from domain.exports.sources import ExportKind, Place, Span
from domain.files.service import keep_stream
from domain.files.tables import File, FileBlock, Purpose
from domain.files.writing import MEDIA_TYPES, ExportFormat, Rows, text_of, workbook
from domain.jobs.service import job_for_update
from domain.jobs.states import OPEN, JobKind, JobState
from domain.jobs.tables import Job
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, Forbidden, InvalidInput, NotFound
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.sims.filters import SimFilter
from domain.sims.queries import sims_chosen
from store.outbox import MOST_ATTEMPTS, Handler, Later, Task
from store.session import Database, Session

RUN = "exports.run"
KEPT = timedelta(days=7)
AT_ONCE = 2_000
MOST_XLSX_ROWS = 200_000
MOST_FILTERED = 200_000
BLOCK_BYTES = 1 << 20
SECONDS = 15.0
"""How long a run goes on before it lets others pass: far below the lease of the outbox."""
LOG = structlog.get_logger("exports")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is exported: rows of a kind at a place; `sims` narrows SIM cards."""

    kind: ExportKind
    format: ExportFormat
    place: Place
    span: Span = field(default_factory=Span)
    sims: SimFilter | None = None


async def pages(
    database: Database, scope: Scope, wish: Wish, *, after: UUID | None = None
) -> AsyncIterator[tuple[UUID, Rows, int]]:
    """Rows a few thousand at a time: the id to go on after, the rows, and how many were read."""
    async with database.read() as session:
        chosen = await _chosen(session, scope, wish)
    while True:
        async with database.read() as session:
            found = await sources.read(session, wish.kind, scope, wish.place, wish.span, after, AT_ONCE)
        if not found:
            return
        after = found[-1][0]
        yield after, [row for id, row in found if chosen is None or id in chosen], len(found)


async def _chosen(session: Session, scope: Scope, wish: Wish) -> frozenset[UUID] | None:
    """The cards that a filter lets through; null without one."""
    if wish.kind is not ExportKind.SIMS or wish.sims is None or wish.sims == SimFilter():
        return None
    here = scope.within(wish.place.organization_id, wish.place.path)
    if wish.sims.account_id is not None:
        (account,) = await accounts_by_ids(session, here, [wish.sims.account_id])
        if account is None:
            raise NotFound(field=("sims", "accountId"))
        here = here.within(account.organization_id, account.path)
    found = await sims_chosen(session, here, replace(wish.sims, account_id=None), most=MOST_FILTERED + 1)
    if len(found) > MOST_FILTERED:
        raise InvalidInput("exports.too_many", field=("sims",), most=MOST_FILTERED)
    return frozenset(id for id, _ in found)


async def write(database: Database, scope: Scope, wish: Wish, file: BinaryIO, *, is_rtl: bool = False) -> int:
    """Writes a whole export into a file, with flat memory; returns how many rows it has."""
    titles, count = sources.titles_of(wish.kind), 0
    if wish.format is ExportFormat.XLSX:
        with workbook(file, titles, is_rtl=is_rtl) as add:
            async for _, rows, _ in pages(database, scope, wish):
                add(rows)
                count += len(rows)
        return count
    file.write(text_of(wish.format, titles, (), is_first=True))
    async for _, rows, _ in pages(database, scope, wish):
        file.write(text_of(wish.format, titles, rows, is_first=False))
        count += len(rows)
    return count


async def create(work: Work, rows_scope: Scope, wish: Wish, *, locale: str) -> Result:
    """Begins an export by a job that makes one file; returns `job`.

    Raises `NotFound` for a place out of scope, `Forbidden` for whoever sees personal data masked, as a file can't be, and `InvalidInput`.
    """
    if rows_scope.is_masked:
        raise Forbidden
    place = wish.place
    for scope in (work.scope, rows_scope):
        scope.require(place.organization_id, place.path, "subjectId")
    if wish.sims is not None and wish.kind is not ExportKind.SIMS:
        raise InvalidInput("exports.sims_only", field=("sims",))
    chosen = await _chosen(work.sql, rows_scope, wish)
    total = len(chosen) if chosen is not None else await sources.count(work.sql, wish.kind, rows_scope, place, wish.span)
    if wish.format is ExportFormat.XLSX and total > MOST_XLSX_ROWS:
        raise InvalidInput("exports.xlsx_rows", field=("format",), most=MOST_XLSX_ROWS)
    work.within(place.organization_id, place.path)
    job = Job(
        id=uuid7(), organization_id=place.organization_id, path=place.path, kind=JobKind.EXPORT, mutation="exportCreate",
        request=_stored(wish, rows_scope.permission, locale), policy=BulkErrorPolicy.REJECT_ALL, actor_id=work.scope.actor.id,
        by=work.scope.actor.as_json(), permission=work.scope.permission,
        reach=[part.path for part in rows_scope.reach if part.organization_id in (None, place.organization_id)],
        total=total, created_at=work.at,
    )  # fmt: skip
    work.sql.add(job)
    work.changed(None, wish.kind, "state", None, JobState.QUEUED)  # a plan makes another job: it has no id to name
    work.changed(None, wish.kind, "total", None, total)
    await work.afterwards(RUN, {"job_id": job.id.hex}, subject=f"job:{job.id}")
    return {"job": job.id}


def _stored(wish: Wish, permission: Permission, locale: str) -> dict[str, Any]:
    """A wish as JSON; instants in ISO."""
    filter = {name: getattr(wish.sims, name) for name in SimFilter.__slots__} if wish.sims is not None else None
    return {
        "kind": wish.kind, "format": wish.format, "path": wish.place.path, "rows": permission, "locale": locale,
        "span": [_plain(wish.span.starts_at), _plain(wish.span.ends_at)],
        "sims": {name: _plain(value) for name, value in filter.items() if value is not None} if filter else None,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _wish(job: Job) -> Wish:
    request = job.request
    starts_at, ends_at = (datetime.fromisoformat(text) if text else None for text in request["span"])
    return Wish(
        ExportKind(request["kind"]), ExportFormat(request["format"]), Place(job.organization_id, request["path"]), Span(starts_at, ends_at),
        _filter(request["sims"]) if request["sims"] else None,
    )  # fmt: skip


_READ: Mapping[str, Any] = {
    "account_id": UUID, "idle_since": datetime.fromisoformat, "bucket_ends_before": datetime.fromisoformat,
    "plan_ids": lambda ids: [UUID(id) for id in ids], "cost_centre_ids": lambda ids: [UUID(id) for id in ids],
}  # fmt: skip


def _filter(stored: Mapping[str, Any]) -> SimFilter:
    return SimFilter(**{name: _READ[name](value) if name in _READ else value for name, value in stored.items()})


def handlers(database: Database, clock: Clock) -> dict[str, Handler]:
    """The outbox's handler of exports."""

    async def run(task: Task) -> None:
        """Adds blocks for a while and then lets others pass; an export that fails again and again breaks off."""
        job_id = UUID(task.payload["job_id"])
        try:
            is_over = await _run(database, job_id, at=clock.now())
        except DomainError:
            await _end(database, job_id, JobState.FAILED, at=clock.now())
            return
        except Exception:
            if task.attempt >= MOST_ATTEMPTS:
                await _end(database, job_id, JobState.FAILED, at=clock.now())
            raise
        if not is_over:
            raise Later(clock.now(), has_progressed=True)

    return {RUN: run}


async def _run(database: Database, job_id: UUID, *, at: datetime) -> bool:
    """Goes on with an export; returns whether that was all."""
    async with database.read() as session:
        job = (await session.scalars(select(Job).where(col(Job.id) == job_id))).one()
    if job.state not in OPEN:
        return True
    wish = _wish(job)
    reach = tuple(Reach(job.organization_id, path) for path in job.reach)
    scope = Scope(ActorRef.from_json(job.by), Permission(job.request["rows"]), reach, at)
    if wish.format is ExportFormat.XLSX:
        return await _run_workbook(database, job, scope, wish, at)
    return await _run_text(database, job, scope, wish, at)


async def _run_workbook(database: Database, job: Job, scope: Scope, wish: Wish, at: datetime) -> bool:
    """A workbook is packed as a whole: it is made in one go, in a temporary file."""
    with tempfile.TemporaryFile() as scratch:
        file = cast(BinaryIO, scratch)
        count = await write(database, scope, wish, file, is_rtl=job.request["locale"] == "FA")
        size = file.seek(0, 2)
        async with database.write() as session:
            own = await job_for_update(session, job.id)
            if own.state in OPEN:
                kept = _file(own, wish, at, size)
                await keep_stream(session, kept, file)
                _finish(own, kept.id, count, at)
    return True


async def _run_text(database: Database, job: Job, scope: Scope, wish: Wish, at: datetime) -> bool:
    """Adds blocks behind those that are there: each is committed together with where to go on."""
    began, request = monotonic(), dict(job.request)
    titles = sources.titles_of(wish.kind)
    pending, count = b"" if request.get("file") else text_of(wish.format, titles, (), is_first=True), 0
    begins = after = UUID(request["after"]) if request.get("after") else None
    async for after, rows, _ in pages(database, scope, wish, after=begins):
        pending += text_of(wish.format, titles, rows, is_first=False)
        count += len(rows)
        if len(pending) >= BLOCK_BYTES:
            own = await _add(database, job.id, wish, pending, after, count, request, at)
            if own is None:
                return True
            request, pending, count = dict(own.request), b"", 0
            if monotonic() - began > SECONDS:
                return False
    await _add(database, job.id, wish, pending, after, count, request, at, is_last=True)
    return True


async def _add(
    database: Database, job_id: UUID, wish: Wish, block: bytes, after: UUID | None, count: int, expected: Mapping[str, Any], at: datetime,
    *, is_last: bool = False,
) -> Job | None:  # fmt: skip
    """Adds one block, if nobody else did meanwhile; null when it is over or somebody else's now."""
    async with database.write() as session:
        job = await job_for_update(session, job_id)
        if job.state not in OPEN or job.request.get("after") != expected.get("after") or job.request.get("file") != expected.get("file"):
            return None
        place = job.request.get("place", 0)
        if "file" in job.request:
            file = await session.get_one(File, UUID(job.request["file"]))
        else:
            file = _file(job, wish, at, 0)
            session.add(file)
            await session.flush()
        if block:
            await session.execute(insert(FileBlock).values(file_id=file.id, place=place, content=block))
        file.size_bytes += len(block)
        job.request = {**job.request, "file": file.id.hex, "place": place + 1, "after": after.hex if after else None}
        job.state, job.started_at = JobState.RUNNING, job.started_at or at
        if is_last:
            _finish(job, file.id, job.succeeded + count, at)
        else:
            job.succeeded += count
            job.total = max(job.total, job.succeeded)
        return job


def _file(job: Job, wish: Wish, at: datetime, size: int) -> File:
    name = f"{wish.kind.lower()}-{job.created_at:%Y%m%d-%H%M%S}.{wish.format.lower()}"
    return File(
        id=uuid7(), organization_id=job.organization_id, name=name, media_type=MEDIA_TYPES[wish.format], size_bytes=size,
        purpose=Purpose.EXPORT, by_id=job.actor_id, created_at=at, expires_at=at + KEPT,
    )  # fmt: skip


def _finish(job: Job, file_id: UUID, count: int, at: datetime) -> None:
    job.documents = [*job.documents, str(file_id)]
    job.total = job.succeeded = count
    job.state, job.started_at, job.finished_at, job.expected_at = JobState.FINISHED, job.started_at or at, at, None


async def _end(database: Database, job_id: UUID, state: JobState, *, at: datetime) -> None:
    """Gives an export up."""
    LOG.error("export_broke_off", job=str(job_id))
    async with database.write() as session:
        job = await job_for_update(session, job_id)
        if job.state in OPEN:
            job.state, job.finished_at, job.expected_at = state, at, None
