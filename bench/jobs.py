"""`x.py bench jobs`: a job over many SIM cards whose workers are killed at random moments does each row exactly once."""

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
import typer
from rich.table import Table
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col

from bench import company
from bench.console import CONSOLE, TABLES
from bench.measuring import Faulty
from bench.postgresql import embedded
from domain.accounts.tables import Organization
from domain.audit.chain import first_broken
from domain.audit.tables import AuditEntry
from domain.audit.writing import Command
from domain.jobs.service import Many, carry_out_many
from domain.jobs.states import OPEN, JobRowState
from domain.jobs.tables import Job, JobRow
from domain.kernel.clock import SystemClock
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.sims import service as sims
from domain.sims.filters import SimFilter
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimCounter, SimState
from domain.sims.transitions import SET_STATE
from store import migrate
from store.outbox import OutboxRow
from store.session import Database
from store.upsert import insert_all

ROOT = Path(__file__).resolve().parents[1]
PER_DEPOT = 400
SECONDS_BETWEEN_LOOKS = 0.05
LONGEST_LIFE = 1.5
"""Seconds that a worker lives on at most after it did what it is to die after."""
MOST_SECONDS = 60
"""Seconds that progress may rest, the leases of the dead among them."""


class Engine(StrEnum):
    """What the job is done on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Figures(msgspec.Struct, frozen=True):
    """What came out; `twice`, `missing` and `backwards` have to be 0."""

    engine: str
    rows: int
    kills: int
    twice: int
    missing: int
    backwards: int
    plan_seconds: float
    plan_megabytes: float
    begin_seconds: float
    seconds: float
    rows_a_second: float


def jobs(
    rows: Annotated[int, typer.Option(help="How many SIM cards are blocked.", min=500)] = 50_000,
    kills: Annotated[int, typer.Option(help="How many workers are killed.", min=0)] = 10,
    on: Annotated[list[Engine] | None, typer.Option(help="Which engines; both if none is named.")] = None,
    seed: Annotated[int, typer.Option(help="Of the moments of the kills.")] = 1405,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", dir_okay=False)] = None,
) -> None:
    """Jobs: each row exactly once under kill -9, progress that never goes back, and how fast a plan and a job are."""
    found = [asyncio.run(_on(engine, rows, kills, seed)) for engine in on or list(Engine)]
    TABLES.print(table(found))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if any(each.twice or each.missing or each.backwards for each in found):
        raise SystemExit("bench: a row was done twice or not at all, or progress went back")


def table(found: list[Figures]) -> Table:
    """The figures as a person reads them."""
    shown = Table(title="A job killed at random moments", title_justify="left")
    shown.add_column("")
    for each in found:
        shown.add_column(each.engine, justify="right")
    for name in Figures.__struct_fields__[1:]:
        shown.add_row(name.replace("_", " "), *(f"{getattr(each, name):,}" for each in found))
    return shown


async def _on(engine: Engine, rows: int, kills: int, seed: int) -> Figures:
    """Makes a company with enough active cards in a new database, and measures there."""
    async with engine_database(engine) as url:
        database = Database(url)
        try:
            with CONSOLE.status(f"Making a company of {rows:,} SIM cards on {engine} …"):
                await migrate.upgrade(url)
                depots = -(-rows * 108 // 100 // PER_DEPOT)  # one card in twenty is blocked already
                await company.make_company(database, at=SystemClock().now(), depots=depots, cards=PER_DEPOT)
            with CONSOLE.status(f"Blocking them on {engine} …") as status:
                tell, dice = (lambda words: status.update(f"{engine}: {words}")), random.Random(seed)
                return await measured(database, url, engine=engine, most=rows, kills=kills, dice=dice, told=tell)
        finally:
            await database.close()


@asynccontextmanager
async def engine_database(engine: Engine) -> AsyncIterator[str]:
    """The URL of an empty database for the block."""
    if engine is Engine.SQLITE:
        with tempfile.TemporaryDirectory(prefix="simurgh-jobs-") as folder:
            yield f"sqlite+aiosqlite:///{folder}/simurgh.db"
        return
    with embedded() as server:
        name = f"jobs_{uuid4().hex}"
        admin = create_async_engine(server.product_url, isolation_level="AUTOCOMMIT")
        try:
            async with admin.connect() as connection:
                await connection.execute(text(f'CREATE DATABASE "{name}"'))
            yield server.named(name).product_url
        finally:
            async with admin.connect() as connection:
                await connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            await admin.dispose()


async def measured(
    database: Database, url: str, *, engine: str, most: int, kills: int, dice: random.Random, told: Callable[[str], None] = lambda _: None
) -> Figures:
    """Blocks the active cards of the only company there by a job, killing its workers on the way, and counts what became of each."""
    scope = await _manager(database)
    selection = SimSelection(filter=SimFilter(statuses=[SimStatus.ACTIVE]))
    many = Many(sims.BLOCK, sims.block_request(Bar(SimStatusReason.REQUEST), "bench"), selection, BulkErrorPolicy.REJECT_ALL)
    active = await _active(database, most)
    told("planning")
    before, began = _peak_megabytes(), monotonic()
    planned = await carry_out_many(database, scope, Command("simBlock", MutationMode.PLAN, ""), many, at=scope.at)
    plan_seconds, plan_megabytes, began = monotonic() - began, _peak_megabytes() - before, monotonic()
    command = Command("simBlock", MutationMode.APPLY, "", planned.plan.token, uuid4())
    done = await carry_out_many(database, scope, command, many, at=scope.at)
    begin_seconds, began = monotonic() - began, monotonic()
    if not done.result:
        raise Faulty("no job was made")
    watch = _Watch(database, done.result["job"], told)
    for number, end in enumerate(sorted(dice.sample(range(len(active)), kills))):
        with _worker(url, number) as worker:
            await watch.until(_is_past(end))
            await watch.until(lambda _: False, seconds=dice.uniform(0, LONGEST_LIFE))
            worker.send_signal(signal.SIGKILL)
    with _worker(url, kills):
        await watch.until(lambda job: job.state not in OPEN)
    seconds = monotonic() - began
    twice, missing = await _counted(database, watch.job_id, active, since=scope.at)
    return Figures(
        engine, len(active), kills, twice, missing, watch.backwards, *(
            round(each, 2) for each in (plan_seconds, plan_megabytes, begin_seconds, seconds, len(active) / seconds)
        ),
    )  # fmt: skip


def _is_past(end: int) -> "Callable[[Job], bool]":
    return lambda job: job.succeeded >= end


async def _manager(database: Database) -> Scope:
    """Somebody who may block all of the company's cards."""
    async with database.read() as session:
        organization_id = (await session.scalars(select(col(Organization.id)))).one()
    person_id = uuid7()
    return Scope(ActorRef(person_id, "Fleet Manager", person_id), Permission.SIM_BLOCK, (Reach(organization_id),), SystemClock().now())


async def _active(database: Database, most: int) -> set[UUID]:
    """The active cards of the company; those beyond the number that is wanted are terminated."""
    async with database.write() as session:
        ids = (await session.scalars(select(col(Sim.id)).where(col(Sim.status) == SimStatus.ACTIVE).order_by(col(Sim.id)))).all()
        if len(ids) > most:
            await session.execute(update(Sim).where(col(Sim.id) > ids[most - 1]).values(status=SimStatus.TERMINATED))
        place: tuple[Any, ...] = (Sim.organization_id, Sim.account_id, Sim.status)
        places = (await session.execute(select(*place, func.count()).group_by(*place))).all()
        await session.execute(delete(SimCounter))
        names = ("organization_id", "account_id", "status", "count")
        await insert_all(session, SimCounter, (dict(zip(names, row, strict=True)) for row in places))
    return set(ids[:most])


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _worker(url: str, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process for the block, whose clock is ahead of those before it by more than their leases."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    worker = subprocess.Popen([sys.executable, "-P", "-m", "bench.job_worker", url, str(2 * number)], env=environment)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


@dataclass
class _Watch:
    """Looks at a job's progress all the time, and notes when it goes back."""

    database: Database
    job_id: UUID
    told: Callable[[str], None]
    seen: tuple[int, int] = (0, 0)
    backwards: int = 0

    async def until(self, is_reached: Callable[[Job], bool], *, seconds: float | None = None) -> None:
        """Waits until the job is so far, or is over, or that many seconds; raises `Faulty` when nothing comes of it."""
        deadline = monotonic() + (seconds or MOST_SECONDS)
        while monotonic() < deadline:
            async with self.database.read() as session:
                job = await session.get_one(Job, self.job_id)
            now = (job.succeeded, job.failed)
            self.backwards += now[0] < self.seen[0] or now[1] < self.seen[1]
            if seconds is None and now != self.seen:
                deadline = monotonic() + MOST_SECONDS
            self.seen = now
            self.told(f"{job.succeeded:,} of {job.total:,}")
            if is_reached(job) or job.state not in OPEN:
                return
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        if seconds is None:
            raise Faulty("the job doesn't end")


async def _counted(database: Database, job_id: UUID, active: set[UUID], *, since: datetime) -> tuple[int, int]:
    """How many cards were done more than once, and how many not, by rows, histories, the network's commands and the audit trail."""
    done = (col(JobRow.job_id) == job_id, col(JobRow.state) == JobRowState.SUCCEEDED)
    turned = (col(SimState.status) == SimStatus.BLOCKED, col(SimState.valid_from) >= since)
    async with database.read() as session:
        job = await session.get_one(Job, job_id)
        rows = (await session.scalars(select(col(JobRow.subject_id)).where(*done))).all()
        histories = (await session.scalars(select(col(SimState.sim_id)).where(*turned))).all()
        commands = (await session.scalars(select(col(OutboxRow.payload)).where(col(OutboxRow.kind) == SET_STATE))).all()
        entries = (await session.scalars(select(col(AuditEntry.changes)).where(col(AuditEntry.action) == job.mutation))).all()
        blocked = set((await session.scalars(select(col(Sim.id)).where(col(Sim.status_reason) == SimStatusReason.REQUEST))).all())
        is_sound = await first_broken(session, job.organization_id) is None
    told = [UUID(change["subject"][1]) for changes in entries for change in changes if change["field"] == "status"]
    counts = [Counter(found) for found in (rows, histories, [UUID(command["sim_id"]) for command in commands], told)]
    if not is_sound:
        raise Faulty("the audit trail is broken")
    if (job.total, job.succeeded, job.failed) != (len(active), len(active), 0):
        raise Faulty(f"the job of {job.total} rows ended {job.state} with {job.succeeded} done and {job.failed} failed")
    twice = sum(number - 1 for count in counts for number in count.values() if number > 1)
    return twice, sum(len(active - count.keys()) for count in counts) + len(active - blocked)
