"""The outbox: work that has to happen after commit, at least once, in order per subject, with leases and retries."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Index, Integer, delete, exists, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from store.faults import StoreBusy
from store.session import Database, Session
from store.types import Json, UtcDateTime
from store.upsert import insert_all

LEASE = timedelta(seconds=60)
RUN_SECONDS = 50
MOST_ATTEMPTS = 10
LONGEST_WAIT, LONGEST_TIRELESS_WAIT = 3600, 300
"""Seconds between two tries."""
KEPT = timedelta(days=7)
AT_ONCE = 20
CLEANING_KIND = "outbox.clean"
TRACE: ContextVar[str | None] = ContextVar("trace", default=None)
"""The trace that rows put in now belong to, as W3C's `traceparent` has it."""
LOG = structlog.get_logger("outbox")
Item = TypeVar("Item")


class OutboxState(StrEnum):
    """Where a row of the outbox stands."""

    READY = "READY"
    DONE = "DONE"
    DEAD = "DEAD"


class OutboxRow(SQLModel, table=True):
    """One piece of work to do after commit; rows of one subject are done in order of `seq`."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "run_at"), Index("ix_outbox_subject", "subject", "state", "seq"))

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    organization_id: UUID | None = None
    kind: str
    subject: str
    payload: dict[str, Any] = Field(sa_type=Json)
    key: str | None = Field(default=None, unique=True)
    state: str = OutboxState.READY
    run_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    """Those that failed: a worker that was killed meanwhile is no fault of the row's."""
    leased_by: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """Work to be put into the outbox, due `at`; of those with the same `key` the first one counts."""

    kind: str
    payload: Mapping[str, Any]
    subject: str
    at: datetime
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed row as its handler sees it; `attempt` counts from 1."""

    seq: int
    kind: str
    subject: str
    payload: Mapping[str, Any]
    attempt: int
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How the outbox stands: what is due, how long the oldest of it waits, and what was given up."""

    due: int
    oldest_due_seconds: float
    dead: int


Watch = Callable[[Task], AbstractContextManager[None]]
Handler = Callable[[Task], Awaitable[None]]


class GiveUp(Exception):
    """The work can never succeed: the row is dead at once, blocks its subject and alerts."""


class Later(Exception):
    """The work isn't due yet: run it again at this time, not counted as a failure.

    Where a part of it is done now, `has_progressed` forgives earlier failures: the rest begins anew.
    """

    def __init__(self, at: datetime, *, has_progressed: bool = False) -> None:
        super().__init__(at.isoformat())
        self.at = at
        self.has_progressed = has_progressed


@dataclass(frozen=True, slots=True)
class Tireless:
    """A handler of work that is never given up by itself: it is tried again for as long as it takes, each failure logged and counted."""

    handler: Handler

    async def __call__(self, task: Task) -> None:
        """Does it."""
        await self.handler(task)


def _at_once(at: datetime) -> datetime:
    return at


@dataclass(frozen=True, slots=True)
class Round(Tireless):
    """A handler of work that comes round for ever, by raising `Later`: one row for all workers, made by `begin_rounds`."""

    begins: Callable[[datetime], datetime] = _at_once


async def begin_rounds(database: Database, handlers: Mapping[str, Handler], *, at: datetime) -> None:
    """Makes sure that everything that comes round is due some time."""
    rounds = {kind: handler for kind, handler in handlers.items() if isinstance(handler, Round)}
    async with database.write() as session:
        await send_all(session, [Letter(kind, {}, kind, round.begins(at), kind) for kind, round in rounds.items()])


async def each(items: Iterable[Item], act: Callable[[Item], Awaitable[object]]) -> None:
    """Does something for each; what goes wrong with one is logged and raised once the others are done, unless the store itself is gone."""
    fault: Exception | None = None
    for item in items:
        try:
            await act(item)
        except (OSError, StoreBusy):
            raise
        except Exception as error:
            LOG.exception("outbox_one_failed", item=repr(item))
            fault = fault or error
    if fault is not None:
        raise fault


class _Clock(Protocol):
    def now(self) -> datetime: ...


async def send(
    session: Session,
    kind: str,
    payload: Mapping[str, Any],
    *,
    subject: str,
    at: datetime,
    organization_id: UUID | None = None,
    key: str | None = None,
) -> None:
    """Puts work into the transaction, due `at`; a `key` that is there already makes it a no-op."""
    await send_all(session, [Letter(kind, payload, subject, at, key)], organization_id=organization_id)


async def send_all(session: Session, letters: Iterable[Letter], *, organization_id: UUID | None = None) -> None:
    """Puts any number of pieces of work into the transaction, in this order."""
    rows = (
        {
            "organization_id": organization_id, "kind": letter.kind, "subject": letter.subject, "payload": dict(letter.payload),
            "key": letter.key, "state": OutboxState.READY, "run_at": letter.at, "attempts": 0,
            "trace": TRACE.get(),
        }
        for letter in letters
    )  # fmt: skip
    await insert_all(session, OutboxRow, rows, ignores_known=True)


async def claim(database: Database, worker: str, *, kinds: Iterable[str], now: datetime, most: int = AT_ONCE) -> list[Task]:
    """Leases the oldest unfinished row of each of some subjects, due ones of these kinds only: what a newer release sent waits for it."""
    older = aliased(OutboxRow)
    blocked = exists().where(
        col(older.subject) == col(OutboxRow.subject), col(older.state) != OutboxState.DONE, col(older.seq) < col(OutboxRow.seq)
    )
    due = (
        select(OutboxRow)
        .where(col(OutboxRow.state) == OutboxState.READY, col(OutboxRow.run_at) <= now, col(OutboxRow.kind).in_(sorted(kinds)))
        .where((col(OutboxRow.lease_until).is_(None)) | (col(OutboxRow.lease_until) < now))
        .where(~blocked)
        .order_by(col(OutboxRow.run_at), col(OutboxRow.seq))
        .limit(most)
    )
    async with database.read() as session:  # look before taking the writer's turn: an idle worker must not hold up writers
        if (await session.execute(due.with_only_columns(col(OutboxRow.seq)))).first() is None:
            return []
    async with database.write() as session:
        rows = (await session.scalars(due.with_for_update(skip_locked=True, of=OutboxRow))).all()
        for row in rows:
            row.leased_by, row.lease_until = worker, now + LEASE
        return [Task(row.seq or 0, row.kind, row.subject, row.payload, row.attempts + 1, row.trace) for row in rows]


async def _settle(database: Database, worker: str, task: Task, **values: Any) -> None:
    async with database.write() as session:
        await session.execute(
            update(OutboxRow).where(col(OutboxRow.seq) == task.seq, col(OutboxRow.leased_by) == worker).values(lease_until=None, **values)
        )


async def figures(database: Database, *, now: datetime) -> Figures:
    """How the outbox stands; a row that waits behind another of its subject counts as due too."""
    due = select(func.count(), func.min(OutboxRow.run_at)).where(col(OutboxRow.state) == OutboxState.READY, col(OutboxRow.run_at) <= now)
    async with database.read() as session:
        count, oldest = (await session.execute(due)).one()
        dead = (await session.execute(select(func.count()).where(col(OutboxRow.state) == OutboxState.DEAD))).scalar_one()
    return Figures(count, max((now - oldest).total_seconds(), 0) if oldest else 0, dead)


def cleaning_handler(database: Database, clock: _Clock) -> Handler:
    """The handler that forgets what was done a week ago, each hour."""

    async def clean(_: Task) -> None:
        at = clock.now()
        async with database.write() as session:
            done = col(OutboxRow.state) == OutboxState.DONE
            await session.execute(delete(OutboxRow).where(done, col(OutboxRow.run_at) < at - KEPT))
        raise Later(at + timedelta(hours=1))

    return Round(clean)


async def run_once(
    database: Database, handlers: Mapping[str, Handler], clock: _Clock, *, worker: str, watch: Watch | None = None, most: int = AT_ONCE
) -> int:
    """Claims and runs what is due; returns how many rows it took. `watch` is entered around each piece of work and sees what it raises."""
    tasks = await claim(database, worker, kinds=handlers, now=clock.now(), most=most)
    await asyncio.gather(*(run_task(database, handlers, clock, task, worker=worker, watch=watch) for task in tasks))
    return len(tasks)


async def run_task(
    database: Database, handlers: Mapping[str, Handler], clock: _Clock, task: Task, *, worker: str, watch: Watch | None = None
) -> None:
    """Runs what this worker has claimed, and settles it: done, to be run again, or dead."""
    handler = handlers[task.kind]
    is_tireless = isinstance(handler, Tireless)
    try:
        with watch(task) if watch else nullcontext():
            async with asyncio.timeout(RUN_SECONDS):
                await handler(task)
    except asyncio.CancelledError:  # somebody else may take it at once, and it doesn't count as a failure
        await _settle(database, worker, task, run_at=clock.now())
        raise
    except Later as later:
        failures = 0 if later.has_progressed or is_tireless else task.attempt - 1
        await _settle(database, worker, task, run_at=later.at, attempts=failures)
    except Exception as error:
        dead = isinstance(error, GiveUp) or (task.attempt >= MOST_ATTEMPTS and not is_tireless)
        LOG.warning("outbox_failed", kind=task.kind, subject=task.subject, attempt=task.attempt, dead=dead, error=type(error).__name__)
        wait = timedelta(seconds=min(2 ** min(task.attempt, MOST_ATTEMPTS + 2), LONGEST_TIRELESS_WAIT if is_tireless else LONGEST_WAIT))
        state = OutboxState.DEAD if dead else OutboxState.READY
        told = f"{type(error).__name__}: {error}"[:300]
        await _settle(database, worker, task, state=state, run_at=clock.now() + wait, attempts=task.attempt, error=told)
    else:
        await _settle(database, worker, task, state=OutboxState.DONE, error=None)


async def run_forever(
    database: Database, handlers: Mapping[str, Handler], clock: _Clock, *, pause: float = 0.2, watch: Watch | None = None,
    end: asyncio.Event | None = None, most: int = AT_ONCE,
) -> None:  # fmt: skip
    """Works until cancelled, or until the end is told, with what was begun done; a fault of the store is logged and tried again.

    It takes `most` pieces at a time and the next when all of them are done: what takes long belongs to a call of its own.
    """
    worker = secrets.token_hex(6)
    while end is None or not end.is_set():
        try:
            if not await run_once(database, handlers, clock, worker=worker, watch=watch, most=most):
                await asyncio.sleep(pause)
        except StoreBusy:
            await asyncio.sleep(pause)
        except (OSError, SQLAlchemyError) as error:  # a connection may break in ways that its driver has no name for
            LOG.error("outbox_store_lost", error=repr(error))
            await asyncio.sleep(1)
