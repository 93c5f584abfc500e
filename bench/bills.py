"""`x.py bench bills`: a bill run over many SIM cards, killed at random moments, bills each charge exactly once; and how long it takes."""

import asyncio
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from pymongo import AsyncMongoClient
from rich.table import Table
from sqlalchemy import func, select
from sqlmodel import col

from api.books import LOOKS
from bench import company
from bench.console import CONSOLE, TABLES
from bench.jobs import Engine, engine_database
from bench.measuring import Faulty
from domain import registry
from domain.accounts.tables import PaymentMode
from domain.billing.running import Phase
from domain.billing.states import BillLineKind
from domain.billing.tables import Bill, BillingBook, BillLine, BillRun
from domain.kernel.calendar import JalaliMonth
from domain.kernel.clock import SystemClock
from domain.kernel.ids import uuid7
from domain.kernel.quantity import FigureSource, UsageType
from domain.sims.tables import Sim, SimPlacement
from domain.usage.documents import UsageDirection, UsageRecord
from domain.wallet.proof import prove
from store import migrate
from store.document_server import document_server
from store.documents import open_documents
from store.models import table_of
from store.session import Database
from store.upsert import insert_all

ROOT = Path(__file__).resolve().parents[1]
PER_DEPOT = 400
AT_ONCE = 5_000
SECONDS_BETWEEN_LOOKS = 0.2
LONGEST_LIFE = 12.0
"""Seconds that a run lives at most, once it got somewhere, before it is killed."""
SERVICES = (UsageType.VOICE, UsageType.DATA, UsageType.SMS)
Charges = Counter[tuple[UUID, str]]
"""Rials without tax by card and service."""


class Figures(msgspec.Struct, frozen=True):
    """What came out; `doubles`, `missing` and `faults` have to be 0."""

    engine: str
    cards: int
    records: int
    lines: int
    bills: int
    kills: int
    doubles: int
    missing: int
    faults: int
    seconds: float


def bills(
    cards: Annotated[int, typer.Option(help="SIM cards.", min=400)] = 100_000,
    records: Annotated[int, typer.Option(help="Records of usage a card in the month.", min=1)] = 5,
    kills: Annotated[int, typer.Option(help="How often the run is killed.", min=0)] = 4,
    on: Annotated[list[Engine] | None, typer.Option(help="Which engines; both if none is named.")] = None,
    seed: Annotated[int, typer.Option(help="Of the usage and of the moments of the kills.")] = 1405,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", dir_okay=False)] = None,
) -> None:
    """Bills: a run over a month of usage under kill -9, each charge on one bill once, and its seconds."""
    found = asyncio.run(_all(on or list(Engine), cards, records, kills, seed))
    TABLES.print(table(found))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if any(each.doubles or each.missing or each.faults for each in found):
        raise SystemExit("bench: a charge was billed twice or not at all, or the books don't add up")


def table(found: list[Figures]) -> Table:
    """The figures as a person reads them."""
    shown = Table(title="A bill run killed at random moments", title_justify="left")
    shown.add_column("")
    for each in found:
        shown.add_column(each.engine, justify="right")
    for name in Figures.__struct_fields__[1:]:
        shown.add_row(name, *(f"{getattr(each, name):,}" for each in found))
    return shown


async def _all(engines: list[Engine], cards: int, records: int, kills: int, seed: int) -> list[Figures]:
    """One usage for all engines: the company's ids follow from the instant."""
    at = SystemClock().now()
    month = JalaliMonth.of(at).plus(-1)
    with tempfile.TemporaryDirectory(prefix="simurgh-bills-") as folder:
        async with document_server(Path(folder)) as url:
            charges: Charges = Counter()
            found = []
            for engine in engines:
                async with engine_database(engine) as database_url:
                    database = Database(database_url)
                    try:
                        with CONSOLE.status(f"Making a company of {cards:,} SIM cards on {engine} …"):
                            await migrate.upgrade(database_url)
                            await company.make_company(database, at=at, depots=-(-cards // PER_DEPOT), cards=PER_DEPOT)
                            places = await _place(database, month)
                        if not charges:
                            with CONSOLE.status(f"Making {len(places) * records:,} records of usage …"):
                                charges = await _use(url, places, month, records, random.Random(seed))
                        environment = {"SIMURGH_DATABASE_URL": database_url, "SIMURGH_MONGODB_URL": url, "SIMURGH_DATA_DIR": folder}
                        seconds = await _billed(database, month, environment, kills, random.Random(seed))
                        found.append(await _figures(database, engine, charges, len(places), records, kills, seconds))
                    finally:
                        await database.close()
            return found


async def _place(database: Database, month: JalaliMonth) -> dict[UUID, tuple[UUID, str]]:
    """Has every card stand where it is since before the month, by bill; returns organization and place of each."""
    columns: Any = (Sim.id, Sim.organization_id, Sim.account_id, Sim.path)
    async with database.write() as session:
        await session.execute(table_of(Sim).update().values(payment_mode=PaymentMode.POSTPAID))
        rows = (await session.execute(select(*columns).order_by(col(Sim.id)))).all()
        await insert_all(
            session, SimPlacement,
            (
                {
                    "id": uuid7(), "organization_id": row[1], "sim_id": row[0], "account_id": row[2],
                    "valid_from": month.starts_at - timedelta(days=30), "valid_to": None,
                }
                for row in rows
            ),
        )  # fmt: skip
    return {row[0]: (row[1], row[3]) for row in rows}


async def _use(
    url: str, places: Mapping[UUID, tuple[UUID, str]], month: JalaliMonth, records: int, draw: random.Random
) -> Charges:
    """A month of usage, coming in over the month, a tenth of it free; what it costs by card and service. Indexes are made at the end."""
    charges: Charges = Counter()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, uuidRepresentation="standard")
    collection = client.get_default_database("simurgh")["usage_records"]
    span = (month.ends_at - month.starts_at).total_seconds() - 1
    waiting: list[dict[str, Any]] = []
    for sim_id, (organization_id, path) in places.items():
        for _ in range(records):
            service, charge = draw.choice(SERVICES), draw.choice((0, *(draw.randint(1, 90_000) for _ in range(9))))
            started = month.starts_at + timedelta(seconds=int(span * draw.random()))
            charges[sim_id, service.value] += charge
            waiting.append(
                {
                    "_id": uuid7(), "organization_id": organization_id, "sim_id": sim_id, "path": path, "service": service.value,
                    "direction": UsageDirection.OUTGOING.value, "other_party": None, "destination": "IR", "is_roaming": False,
                    "started_at": started, "duration_seconds": 60, "quantity": 1_000, "charge": charge, "is_included": charge == 0,
                    "bucket_id": None, "as_of": started, "source": FigureSource.CARRIER.value,
                }
            )  # fmt: skip
            if len(waiting) == AT_ONCE:
                await collection.insert_many(waiting, ordered=False)
                waiting = []
    if waiting:
        await collection.insert_many(waiting, ordered=False)
    await client.close()
    async with open_documents(url, registry.DOCUMENTS):
        await UsageRecord.get_pymongo_collection().find_one()
    return Counter({key: charge for key, charge in charges.items() if charge})


async def _billed(database: Database, month: JalaliMonth, environment: Mapping[str, str], kills: int, draw: random.Random) -> float:
    """Seconds of all attempts together, the killed ones included."""
    began = monotonic()
    for number in range(kills + 1):
        with _command(month, environment) as run:
            lives, was, end = draw.uniform(0, LONGEST_LIFE), await _standing(database, month), math.inf
            while run.poll() is None and monotonic() < end:
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
                if end == math.inf and number < kills and await _standing(database, month) != was:  # it has to get somewhere first
                    end = monotonic() + lives
            if run.returncode is None:
                run.send_signal(signal.SIGKILL)
                CONSOLE.print(f"killed: {await _standing(database, month)}")
            elif run.returncode:
                raise Faulty(f"the run ended with {run.returncode}")
    return monotonic() - began


@contextmanager
def _command(month: JalaliMonth, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`simurgh bill run` as a process for the block."""
    command = [sys.executable, "-P", "-m", "api", "bill", "run", "--month", str(month)]
    run = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, stderr=subprocess.DEVNULL)
    try:
        yield run
    finally:
        run.kill()
        run.wait()


async def _standing(database: Database, month: JalaliMonth) -> str:
    async with database.read() as session:
        run = (await session.scalars(select(BillRun).where(col(BillRun.month) == str(month)))).one_or_none()
        book = (await session.scalars(select(BillingBook))).one_or_none()
    if run is not None:
        return f"{run.phase}, {run.done:,} of {run.total:,}"
    if book is None:
        return "starting"
    return f"counting, up to {book.counted_to:%Y-%m-%d}, after card {book.counting_id or book.accruing_id}"


async def _figures(
    database: Database, engine: str, charges: Charges, cards: int, records: int, kills: int, seconds: float
) -> Figures:
    """Counts what is on the bills against what was used, and proves the books."""
    billed: Charges = Counter()
    seen: Counter[tuple[Any, ...]] = Counter()
    columns: Any = (BillLine.sim_id, BillLine.service, BillLine.offering_id, BillLine.kind, BillLine.starts_at, BillLine.net)
    async with database.read() as session:
        for sim_id, service, plan_id, kind, starts_at, net in await session.execute(select(*columns)):
            seen[sim_id, service, plan_id, kind, starts_at] += 1
            if kind == BillLineKind.USAGE:
                billed[sim_id, service] += net
        run = (await session.scalars(select(BillRun))).one()
        made = (await session.execute(select(func.count(), func.sum(Bill.net)).select_from(Bill))).one()
        lines = (await session.execute(select(func.sum(BillLine.net)))).scalar_one()
        faults = len(await prove(session, looks=LOOKS)) + (run.phase != Phase.DONE) + (int(made[1]) != int(lines))
    doubles = sum(count - 1 for count in seen.values()) + sum(billed[key] > charge for key, charge in charges.items())
    missing = sum(billed[key] < charge for key, charge in charges.items()) + len(billed.keys() - charges.keys())
    return Figures(
        engine, cards, cards * records, sum(seen.values()), int(made[0]), kills, doubles, missing, faults, round(seconds, 1)
    )
