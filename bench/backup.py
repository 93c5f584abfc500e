"""`x.py bench backup`: a backup of a large world under load, its restore into an empty place, and what both take."""

import asyncio
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from api import backup as whole
from api.settings import Settings, read_settings, sealer_of
from api.world import World, open_stores, open_world
from bench.console import CONSOLE, TABLES
from bench.postgresql import BUILT, PostgreSQL, embedded
from domain.audit.writing import Command, Result, Work, carry_out
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from seeds.demo import is_seeded, seed_demo
from seeds.size import Size
from store import migrate

SECRET = b"the secret of a benchmark"
PAUSE_SECONDS = 0.05
"""Between two writes of the load."""
LOOK_SECONDS = 0.05


class Engine(StrEnum):
    """Which SQL."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass
class Took:
    """What a step took; memory in bytes beyond what there was before."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0


def backup(
    size: Annotated[Size, typer.Option(help="Which world.")] = Size.LARGE,
    engine: Annotated[Engine, typer.Option(help="Which SQL.")] = Engine.SQLITE,
) -> None:
    """Backs a world up under load, restores it and proves it."""
    folder = BUILT / "backup" / f"{engine}-{size}"
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir(parents=True)
    if engine is Engine.SQLITE:
        asyncio.run(_measured(folder, size, None))
        return
    with embedded() as server:
        asyncio.run(_measured(folder, size, server))


async def _measured(folder: Path, size: Size, server: PostgreSQL | None) -> None:
    file = folder / "backup"
    settings = await _settings(folder / "old", server, f"backup_{size}_old", is_new=False)
    async with _seeded(settings, size) as world:
        written: list[int] = []
        load = asyncio.create_task(_load(world, written))
        with _taking() as saved:
            counts = await whole.backup(
                settings.database_url, world.documents, file, SECRET, sealer=world.sealer, at=world.clock.now, progress=_quiet
            )
        load.cancel()
        with suppress(asyncio.CancelledError):
            await load
    target = await _settings(folder / "new", server, f"backup_{size}_new", is_new=True)
    target = msgspec.structs.replace(target, secret_key=settings.secret_key)
    async with open_stores(target, owns_documents=True) as (database, documents):
        with _taking() as restored:
            await whole.restore(target.database_url, documents, file, SECRET, sealer=sealer_of(target), progress=_quiet)
        with _taking() as proved:
            faults = await whole.faults(database)
    shown = Table(title=f"{sum(counts.values()):,} rows and documents, {file.stat().st_size / 1e6:,.0f} MB sealed", title_justify="left")
    shown.add_column("step")
    for heading in ("seconds", "CPU seconds", "peak MB above before"):
        shown.add_column(heading, justify="right")
    for name, took in {f"backup, {len(written)} writes meanwhile": saved, "restore": restored, "proofs": proved}.items():
        shown.add_row(name, f"{took.seconds:,.1f}", f"{took.cpu_seconds:,.1f}", f"{took.memory / 1e6:,.0f}")
    TABLES.print(shown)
    TABLES.print(f"{len(faults)} faults in the ledger and the audit chains of what was restored")
    if faults:
        raise typer.Exit(1)


async def _settings(place: Path, server: PostgreSQL | None, name: str, *, is_new: bool) -> Settings:
    """A data folder, on PostgreSQL with a database of its own."""
    environment: dict[str, str] = {}
    if server is not None:
        engine = create_async_engine(server.product_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            if is_new:
                await connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            if not (await connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})).first():
                await connection.execute(text(f'CREATE DATABASE "{name}"'))
        await engine.dispose()
        environment["SIMURGH_DATABASE_URL"] = server.named(name).product_url
    return read_settings(environment, data_dir=place)


@asynccontextmanager
async def _seeded(settings: Settings, size: Size) -> AsyncIterator[World]:
    """A world of this size, made the first time."""
    await migrate.upgrade(settings.database_url)
    async with open_world(settings, owns_documents=True) as world:
        if not await is_seeded(world.database):
            with CONSOLE.status(f"Making the {size} world …"):
                await seed_demo(world.auth, at=world.clock.now(), size=size)
        yield world


async def _load(world: World, written: list[int]) -> None:
    """Corrects wallets, again and again."""
    some = select(LedgerAccount.id).where(col(LedgerAccount.kind) == LedgerAccountKind.WALLET).limit(50)
    async with world.database.read() as session:
        wallets = (await session.scalars(some)).all()
    while True:
        at, wallet = world.clock.now(), wallets[len(written) % len(wallets)]

        async def work(work: Work, wallet: object = wallet) -> Result:
            return await adjust(work, wallet_id=wallet, amount=1, reason="while it is copied")  # type: ignore[arg-type]

        scope = system_scope(Permission.WALLET_ADJUST, at)
        await carry_out(world.database, scope, Command("walletAdjust", MutationMode.APPLY, ""), work, at=at)
        written.append(1)
        await asyncio.sleep(PAUSE_SECONDS)


@contextmanager
def _taking() -> Iterator[Took]:
    """Measures a step of this process, its memory from a thread of its own."""
    took, over = Took(), threading.Event()
    before, began, cpu = _memory(), time.monotonic(), time.process_time()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            took.memory = max(took.memory, _memory() - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()
        took.seconds, took.cpu_seconds = time.monotonic() - began, time.process_time() - cpu


def _memory() -> int:
    """Bytes of memory this process has of its own: pages of files that SQLite maps belong to the system."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024


def _quiet(_: str, __: int) -> None:
    """Shows nothing."""
