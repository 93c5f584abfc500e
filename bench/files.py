"""`x.py bench files`: files in and out at full size on both engines: seconds, memory above idle, rejects, and the round trip."""

import asyncio
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated, Any

import msgspec
import orjson
import typer
from rich.table import Table
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from api.settings import read_settings
from api.world import World, open_world
from bench.console import CONSOLE, TABLES
from bench.postgresql import embedded
from domain.accounts.tables import Account, Organization
from domain.exports import service as exports
from domain.exports.sources import ExportKind, Place
from domain.files.writing import ExportFormat
from domain.imports import service as imports
from domain.imports.report import Report
from domain.imports.service import Wish
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM, system_scope
from domain.sims.tables import Sim, SimCounter, SimPlacement, SimSecret, SimState
from seeds import dirt, fleet
from seeds.catalogue import seed_catalogue
from seeds.companies import grown
from seeds.dice import Dice
from store import migrate

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
COMPANY = grown(100_000)
SIZES = {"small": (5_000, 20_000), "full": (100_000, 2_000_000)}
"""SIM cards and usage records of a run."""
MOST_SECONDS, MOST_MEGABYTES = 60, 300
SECONDS_BETWEEN_LOOKS = 0.02
DIRTY = 1_000
WISH = Wish(SYSTEM, AT)
SIMS, USAGE = (system_scope(right, AT) for right in (Permission.SIM_READ, Permission.USAGE_READ))
TASKS = ("sims CSV", "sims XLSX", "sims JSONL.gz", "export CSV", "export XLSX", "round trip", "dirty file", "usage CSV.gz")


class Row(msgspec.Struct, frozen=True):
    """One task on one engine, in a process of its own; megabytes are its peak above what it held before."""

    engine: str
    task: str
    rows: int
    seconds: float
    cpu_s: float
    peak_mb: float
    outcome: str
    is_good: bool


def files(
    of: Annotated[str, typer.Option(help="small for a quick look, full for 100,000 cards and 2,000,000 records.")] = "full",
    tasks: Annotated[str, typer.Option(help=f"Some of: {', '.join(TASKS)}.")] = ",".join(TASKS),
    engines: Annotated[str, typer.Option(help="sqlite, postgresql or both.")] = "sqlite,postgresql",
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", dir_okay=False)] = None,
) -> None:
    """Imports and exports at full size, against their goals."""
    rows = []
    with embedded() as server:
        for engine in engines.split(","):
            for task in tasks.split(","):
                with CONSOLE.status(f"{engine}: {task} …"), tempfile.TemporaryDirectory() as folder:
                    url = f"sqlite+aiosqlite:///{folder}/simurgh.db" if engine == "sqlite" else server.named("files").product_url
                    if engine != "sqlite":
                        asyncio.run(_fresh(server.named("postgres").product_url))
                    rows.append(_apart(engine, task.strip(), of, url, Path(folder)))
    TABLES.print(_table(rows, of))
    if json is not None:
        json.write_bytes(orjson.dumps([msgspec.to_builtins(row) for row in rows], option=orjson.OPT_INDENT_2))
    if not all(row.is_good for row in rows):
        raise typer.Exit(1)


async def _fresh(url: str) -> None:
    """An empty database beside the others."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("DROP DATABASE IF EXISTS files WITH (FORCE)"))
        await connection.execute(text("CREATE DATABASE files"))
    await engine.dispose()


def _apart(engine: str, task: str, of: str, url: str, folder: Path) -> Row:
    """Runs a task in a process of its own, so that its memory is its own."""
    environment = {**os.environ, "SIMURGH_DATABASE_URL": url, "SIMURGH_DATA_DIR": str(folder / "data")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bench.files", engine, task, of, str(folder)], env=environment, stdout=subprocess.PIPE, check=True
    )
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Row)


def _table(rows: list[Row], of: str) -> Table:
    shown = Table(title=f"Files in and out ({of}); goals: cards < {MOST_SECONDS} s, memory < {MOST_MEGABYTES} MB", title_justify="left")
    for heading in ("engine", "task", "rows", "s", "CPU s", "peak MB above idle", "outcome"):
        shown.add_column(heading, justify="left" if heading in ("engine", "task", "outcome") else "right")
    for row in rows:
        mark = "" if row.is_good else " ✗"
        figures = (f"{row.rows:,}", f"{row.seconds:.1f}", f"{row.cpu_s:.1f}", f"{row.peak_mb:.0f}")
        shown.add_row(row.engine, row.task, *figures, f"{row.outcome}{mark}")
    return shown


class _Bench:
    """One task in its own process: what it needs is made before the clock runs."""

    def __init__(self, world: World, folder: Path, of: str) -> None:
        self.world, self.folder = world, folder
        self.cards, self.records = SIZES[of]

    async def prepare(self) -> None:
        """A company without cards, and the catalogue."""
        async with self.world.database.write() as session:
            await seed_catalogue(session, AT)
        fleet.write_accounts(self.folder / "accounts.csv", [COMPANY])
        await imports.import_accounts(self.world.database, self.folder / "accounts.csv", WISH)

    async def place(self) -> Place:
        """The whole company."""
        async with self.world.database.read() as session:
            id = (await session.scalars(select(Organization.id))).one()
            path = (await session.scalars(select(Account.path).where(col(Account.depth) == 0))).one()
        return Place(id, path)

    async def bring_in(self, path: Path, policy: BulkErrorPolicy = BulkErrorPolicy.REJECT_ALL) -> Report:
        """Imports cards."""
        return await imports.import_sims(self.world.database, path, replace(WISH, policy=policy), self.world.sealer)

    def written(self, format: ExportFormat, count: int) -> Path:
        """A clean file of cards, made by another process: its memory isn't the task's."""
        path = self.folder / f"sims.{format.lower()}"
        _elsewhere(sys.executable, "-P", "-m", "bench.files", "write", format, str(count), str(path))
        return path

    async def fill(self) -> None:
        """All cards, before a task that isn't about importing them."""
        await self.bring_in(self.written(ExportFormat.CSV, self.cards))


def _elsewhere(*command: str) -> None:
    """Runs a program to its end, whose memory isn't this process's."""
    subprocess.run(command, check=True)


async def _task(engine: str, task: str, of: str, folder: Path) -> Row:
    settings = read_settings()
    await migrate.upgrade(settings.database_url)
    async with open_world(settings, owns_documents=True) as world:
        bench = _Bench(world, folder, of)
        await bench.prepare()
        return await {"sims": _sims, "export": _export, "round": _round, "dirty": _dirty, "usage": _usage}[task.split()[0]](
            bench, engine, task
        )


class _Clock:
    """Seconds, CPU and memory since it was made; memory is this process's own, sampled, without pages of files that are mapped into it.

    SQLite reads its file that way: those pages are the system's, which takes them back when somebody needs memory.
    """

    def __init__(self) -> None:
        self._idle = self._most = _own_megabytes()
        self._is_over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()
        self._cpu, self._began = process_time(), perf_counter()

    def _watch(self) -> None:
        while not self._is_over.wait(SECONDS_BETWEEN_LOOKS):
            self._most = max(self._most, _own_megabytes())

    def row(self, engine: str, task: str, rows: int, outcome: str, is_good: bool, most: float = float("inf")) -> Row:
        """The figures now; good only below so many seconds and the memory's bound."""
        seconds, cpu = perf_counter() - self._began, process_time() - self._cpu
        self._is_over.set()
        peak = max(self._most, _own_megabytes()) - self._idle
        is_within = seconds < most and peak < MOST_MEGABYTES
        return Row(engine, task, rows, seconds, cpu, peak, outcome, is_good and is_within)


def _own_megabytes() -> float:
    """Megabytes that this process alone holds now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1000
    raise OSError("this system doesn't tell what memory a process holds")


async def _sims(bench: _Bench, engine: str, task: str) -> Row:
    name = task.split()[1]
    path = bench.written(ExportFormat(name.removesuffix(".gz")), bench.cards)
    if name.endswith(".gz"):
        _elsewhere("gzip", "-f", str(path))
        path = path.with_suffix(path.suffix + ".gz")
    clock = _Clock()
    report = await bench.bring_in(path)
    return clock.row(engine, task, report.rows, f"{report.made_count:,} made", report.made_count == bench.cards, MOST_SECONDS)


async def _export(bench: _Bench, engine: str, task: str) -> Row:
    await bench.fill()
    place, clock = await bench.place(), _Clock()
    with (bench.folder / "export").open("wb") as file:
        count = await exports.write(bench.world.database, SIMS, exports.Wish(ExportKind.SIMS, ExportFormat(task.split()[1]), place), file)
        size = file.tell()
    return clock.row(engine, task, count, f"{size / 1e6:.0f} MB", count == bench.cards)


async def _round(bench: _Bench, engine: str, task: str) -> Row:
    await bench.fill()
    place, clock, sums = await bench.place(), _Clock(), []
    for _ in range(2):
        path = bench.folder / "round"
        with path.open("wb") as file:
            await exports.write(bench.world.database, SIMS, exports.Wish(ExportKind.SIMS, ExportFormat.CSV, place), file)
        lines = sorted(path.read_bytes().splitlines())
        sums.append(hashlib.sha256(b"\n".join(lines)).hexdigest())
        del lines
        if len(sums) == 1:
            async with bench.world.database.write() as session:
                for table in (SimCounter, SimPlacement, SimSecret, SimState, Sim):
                    await session.execute(delete(table))
            await bench.bring_in(path)
    row = clock.row(engine, task, bench.cards, "equal" if sums[0] == sums[1] else "differs", sums[0] == sums[1])
    return msgspec.structs.replace(row, is_good=sums[0] == sums[1])  # sorting in memory is the bench's own


async def _dirty(bench: _Bench, engine: str, task: str) -> Row:
    rows, expected = dirt.dirty(Dice(7), COMPANY, DIRTY, at=AT)
    dirt.write(bench.folder / "dirty.csv", rows)
    clock = _Clock()
    refused = await bench.bring_in(bench.folder / "dirty.csv")
    report = await bench.bring_in(bench.folder / "dirty.csv", BulkErrorPolicy.SKIP_FAILED)
    told = sorted((one.line, one.column, one.reason.message_key) for one in report.rejects)
    is_exact = told == sorted((one.line, one.column, one.reason) for one in expected) and not refused.is_written
    outcome = f"{len(told)} rejects of {len(dirt.FAULTS)} kinds, {'exactly' if is_exact else 'not'} as expected"
    return clock.row(engine, task, DIRTY, outcome, is_exact)


async def _usage(bench: _Bench, engine: str, task: str) -> Row:
    await bench.bring_in(bench.written(ExportFormat.CSV, 2_000))
    path = bench.folder / "usage.csv.gz"
    async with bench.world.database.read() as session:
        numbers = [number for number in await session.scalars(select(Sim.msisdn).order_by(col(Sim.iccid))) if number]
    (bench.folder / "numbers").write_text("\n".join(numbers))
    _elsewhere(sys.executable, "-P", "-m", "bench.files", "usage", str(bench.records), str(bench.folder / "numbers"), str(path))
    clock = _Clock()
    report = await imports.import_usage(bench.world.database, path, WISH, USAGE)
    row = clock.row(engine, task, report.rows, f"{report.made_count:,} made", report.made_count == bench.records)
    return msgspec.structs.replace(row, outcome=f"{row.outcome}, {report.rows / row.seconds:,.0f}/s")


def _usage_lines(count: int, numbers: list[str]) -> Iterator[str]:
    yield "record_id,msisdn,service,started_at,quantity,charge\n"
    begins = AT - timedelta(days=40)
    for number in range(count):
        at = begins + timedelta(seconds=number % 3_000_000)
        yield f"cdr-{number},{numbers[number % len(numbers)]},DATA,{at:%Y-%m-%dT%H:%M:%S}Z,{number * 37 % 10_000_000},{number % 500}\n"


def _main(arguments: list[str]) -> Any:
    if arguments[0] == "write":
        return dirt.write(Path(arguments[3]), dirt.clean(Dice(1), COMPANY, int(arguments[2]), at=AT), ExportFormat(arguments[1]))
    if arguments[0] == "usage":


        with gzip.open(arguments[3], "wt", compresslevel=1) as file:
            file.writelines(_usage_lines(int(arguments[1]), Path(arguments[2]).read_text().split()))
        return None
    row = asyncio.run(_task(arguments[0], arguments[1], arguments[2], Path(arguments[3])))
    sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
    return None


if __name__ == "__main__":
    _main(sys.argv[1:])
