"""`x.py bench start`: what commands cost to load, and a server to start, in time, memory and pauses of its garbage collector."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Annotated

import httpx
import msgspec
import typer
from rich.table import Table

from api.cli import COMMANDS
from bench.console import CONSOLE, TABLES
from bench.fleets import Fleet
from bench.ground import Ground, PageOf, ground
from bench.loading import Loaded, load, own_times
from bench.measuring import Faulty, cpu_seconds, resident_megabytes
from bench.postgresql import BUILT
from bench.running import SECONDS_BETWEEN_LOOKS, NotTheSame, Running, running
from bench.server import Server, uvicorn
from bench.servers.watched import read_collections

BARE, RAW = "bare", "raw-dict"
"""What the loading of commands is held against, and the start of servers."""
LOADS: Mapping[str, str] = {
    "python": "",
    BARE: "import asyncpg, httptools, orjson, starlette.applications, starlette.routing, uvicorn, uvloop",
    "--help": """
import sys
from api.cli import main
sys.argv = ["simurgh", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
""",
    **{name: f"from api.cli import loaded; loaded({name!r})" for name in COMMANDS},
}
"""Programs by what they load: nothing, what a hand-written endpoint stands on, the list of commands, each command."""
ALWAYS = ("python", BARE, "--help")
HEADINGS = {
    "cpu_s": "CPU s", "wall_s": "wall s", "peak_mb": "peak MB", "ready_s": "ready after s", "mb": "MB then", "first_ms": "first page ms",
    "page_cpu_ms": "CPU ms a page", "collecting_ms": "of it collecting, ms", "pause_ms": "longest pause ms", "mb_after": "MB after pages",
}  # fmt: skip
HEAVIEST = 12
MOST_LOOKS = 1000


class Started(msgspec.Struct, frozen=True):
    """One start: until the server is ready its seconds, CPU and memory, then its first page, the others by their mean, and its memory."""

    ready_s: float
    cpu_s: float
    mb: float
    first_ms: float
    page_cpu_ms: float
    collecting_ms: float
    pause_ms: float
    mb_after: float


class Row(msgspec.Struct, frozen=True):
    """One figure: its median over the rounds, and the median of its ratios to the reference in the same round."""

    name: str
    figure: str
    median: float
    ratio: float | None


Rounds = Mapping[str, Sequence[Loaded]] | Mapping[str, Sequence[Started]]


def start(
    commands: Annotated[str, typer.Option(help="Which commands to load, by commas.")] = "serve,worker,run,migrate",
    rounds: Annotated[int, typer.Option(help="How often each has its turn.", min=1)] = 5,
    pages: Annotated[int, typer.Option(help="How many pages a started server is asked for.", min=1)] = 200,
    sims: Annotated[int, typer.Option(help="SIM cards a page.", min=1)] = 200,
    of: Annotated[Fleet, typer.Option(help="100,000 SIM cards with a year of history, or 20,000 made in seconds.")] = Fleet.SMALL,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", dir_okay=False)] = None,
) -> None:
    """Loading and starting: CPU, time, memory and the collector's pauses against a hand-written endpoint."""
    names = [*ALWAYS, *commands.split(",")]
    if unknown := [name for name in names if name not in LOADS]:
        raise typer.BadParameter(f"there is no command {', '.join(unknown)}; there are {', '.join(COMMANDS)}")
    try:
        loading = list(rows(_loaded(names, rounds), BARE))
        starting = list(rows(asyncio.run(_started(of, rounds, pages, sims)), RAW))
        heaviest = own_times(LOADS["serve"])
    except (NotTheSame, Faulty) as fault:
        raise SystemExit(f"bench: {fault}") from None
    TABLES.print(table(f"Loading, against {BARE}: Starlette, uvicorn, asyncpg", loading, by="name"))
    TABLES.print(table(f"Starting and {pages} pages of {sims} SIM cards, against {RAW}", starting, by="figure"))
    TABLES.print(weights(heaviest))
    if json is not None:
        found = {"loading": loading, "starting": starting}
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def rows(rounds: Rounds, reference: str) -> Iterator[Row]:
    """Every figure of everything measured; where the reference has nothing of a figure there is no ratio to it."""
    for name, samples in rounds.items():
        for figure in samples[0].__struct_fields__:
            pairs = [(getattr(one, figure), getattr(base, figure)) for one, base in zip(samples, rounds[reference], strict=True)]
            ratio = round(median(one / base for one, base in pairs), 3) if all(base for _, base in pairs) else None
            yield Row(name, figure, round(median(one for one, _ in pairs), 4), ratio)


def table(title: str, found: Sequence[Row], *, by: str) -> Table:
    """Rows as a person reads them, each with its ratio behind it: a line for each `name` or for each `figure`."""
    across = "figure" if by == "name" else "name"
    shown = Table(title=title, title_justify="left")
    shown.add_column("")
    for name in dict.fromkeys(getattr(row, across) for row in found):
        shown.add_column(HEADINGS.get(name, name), justify="right")
    for name in dict.fromkeys(getattr(row, by) for row in found):
        shown.add_row(HEADINGS.get(name, name), *(_cell(row) for row in found if getattr(row, by) == name))
    return shown


def weights(packages: Counter[str]) -> Table:
    """Which packages' own modules make loading `serve` take so long."""
    shown = Table(title="Loading serve, by package", title_justify="left", min_width=40)
    shown.add_column("package")
    shown.add_column("share", justify="right")
    for package, microseconds in packages.most_common(HEAVIEST):
        shown.add_row(package, f"{microseconds / packages.total():.1%}")
    return shown


def _cell(row: Row) -> str:
    shown = f"{row.median:,.{0 if row.median >= 100 else 2}f}"
    return shown if row.ratio is None else f"{shown} {row.ratio:5.2f}×"


def _loaded(names: Sequence[str], rounds: int) -> dict[str, list[Loaded]]:
    """What each costs, after a first time that compiles what isn't compiled yet."""
    taken: dict[str, list[Loaded]] = {name: [] for name in names}
    for name in names:
        load(LOADS[name])
    for turn, name in _turns(names, rounds):
        with CONSOLE.status(f"Loading {name}, round {turn + 1} of {rounds} …"):
            taken[name].append(load(LOADS[name]))
    return taken


async def _started(of: Fleet, rounds: int, pages: int, sims: int) -> dict[str, list[Started]]:
    taken: dict[str, list[Started]] = {name: [] for name in SERVERS}
    async with ground(of) as stage:
        asked = await stage.pages(sims)
        for turn, name in _turns(list(SERVERS), rounds):
            with CONSOLE.status(f"Starting {name}, round {turn + 1} of {rounds} …"):
                taken[name].append(await _start(stage, SERVERS[name], [asked[number % len(asked)] for number in range(pages + 1)]))
    return taken


Command = Callable[[int], list[str | Path]]
COLLECTIONS = BUILT / "collections.json"


def _watched(command: Command, *options: str) -> Command:
    """A `python -P -m MODULE …` whose collections are left in a file."""

    def watched(port: int) -> list[str | Path]:
        python, apart, module, *words = command(port)
        return [python, apart, module, "bench.servers.watched", COLLECTIONS, *options, *words]

    return watched


def _serve(port: int) -> list[str | Path]:
    return [sys.executable, "-P", "-m", "api", "serve", "--port", str(port)]


SERVERS = {
    server.name: server
    for server in (
        Server("product", _watched(_serve)),
        Server("unsettled", _watched(_serve, "--unsettled")),
        Server(RAW, _watched(uvicorn("bench.servers.raw:raw_dict"))),
    )
}
"""`simurgh serve`, the same with the garbage collector as Python has it, and a hand-written endpoint."""


async def _start(stage: Ground, server: Server, pages: Sequence[PageOf]) -> Started:
    """Starts a server, asks it for pages one after the other, and stops it."""
    token, began = await stage.token(), monotonic()
    plain = {"accept-encoding": "identity"}  # as wrk asks: the hand-written endpoint compresses nothing
    async with running(stage, [server]) as (one,), httpx.AsyncClient(timeout=60, headers=plain) as client:
        await _until_ready(client, one)
        ready, cpu, megabytes = monotonic(), cpu_seconds(one.pid), resident_megabytes(one.pid)
        await _ask(client, one, pages[0], token)
        first, before = monotonic() - ready, cpu_seconds(one.pid)
        for page in pages[1:]:
            await _ask(client, one, page, token)
        spent, after, count = cpu_seconds(one.pid) - before, resident_megabytes(one.pid), len(pages) - 1
    pauses = [taken.seconds for taken in read_collections(COLLECTIONS) if taken.at > ready]
    return Started(
        ready_s=ready - began, cpu_s=cpu, mb=megabytes, first_ms=first * 1000, page_cpu_ms=spent * 1000 / count,
        collecting_ms=sum(pauses) * 1000 / count, pause_ms=max(pauses, default=0.0) * 1000, mb_after=after,
    )  # fmt: skip


async def _until_ready(client: httpx.AsyncClient, one: Running) -> None:
    """Waits while `/readyz` says not yet; the hand-written endpoint has no such page and is ready when it answers."""
    for _ in range(MOST_LOOKS):
        if (await client.get(f"http://127.0.0.1:{one.port}/readyz")).status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    raise Faulty(f"{one.server.name} answers, but its stores don't")


async def _ask(client: httpx.AsyncClient, one: Running, page: PageOf, token: str) -> None:
    """Asks for a page; raises `Faulty` unless it is full."""
    data, _ = await one.answer(client, page, token)
    if len(cards := data["account"]["sims"]["edges"]) != page.first:
        raise Faulty(f"{one.server.name} answers a page of {page.first} SIM cards with {len(cards)}")


def _turns(names: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Who has a turn, round by round, every second round backwards."""
    for turn in range(rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            yield turn, name
