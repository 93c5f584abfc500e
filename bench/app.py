"""`x.py bench app`: the app's cold start without network, and what scrolling a long list takes of its main thread."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from bench.console import CONSOLE, TABLES
from bench.ground import ROOT, environment
from bench.measuring import Faulty
from mobile.demo import CODE
from mobile.gateway.tokens import FileTokens
from mobile.state.home import Home
from mobile.state.services import kept_in
from mobile.state.sign_in import SignIn

START_GOAL_S, FRAME_GOAL_MS = 2.0, 16.0
SECONDS = 1800
"""What any of the processes may take."""


class Start(msgspec.Struct, frozen=True):
    """Seconds from the start of the process until the dashboard is on the screen, and seconds of CPU by then."""

    wall_s: float
    cpu_s: float


class Scroll(msgspec.Struct, frozen=True):
    """Milliseconds of the main thread's CPU a frame; how many frames moved, and how many waited at the end of what was loaded."""

    p50_ms: float
    p95_ms: float
    max_ms: float
    frames: int
    waiting: int


def app(
    rounds: Annotated[int, typer.Option(help="How often each is run.", min=1)] = 5,
    sims: Annotated[int, typer.Option(help="SIM cards in the list.", min=100)] = 10_000,
    language: Annotated[str, typer.Option(help="fa, en, ru or bg.")] = "fa",
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", dir_okay=False)] = None,
) -> None:
    """Cold start to the last dashboard without network, and frames while a list is flung through from end to end."""
    starts, scrolls = [], []
    with tempfile.TemporaryDirectory() as folder, company(sims) as server:
        seen = Path(folder) / "seen"
        asyncio.run(_see_the_dashboard(seen, server, language))
        for turn in range(rounds):
            with CONSOLE.status(f"Scrolling, round {turn + 1} of {rounds} …"):
                scrolls.append(scroll(shutil.copytree(seen, Path(folder) / f"scrolling-{turn}"), sims))
    with tempfile.TemporaryDirectory() as folder:
        with company(100) as server:
            asyncio.run(_see_the_dashboard(Path(folder), server, language))
        # The company is gone: this is a phone without network.
        cold_start(Path(folder))
        for turn in range(rounds):
            with CONSOLE.status(f"Starting, round {turn + 1} of {rounds} …"):
                starts.append(cold_start(Path(folder)))
    TABLES.print(_started(starts), _scrolled(scrolls, sims))
    if json is not None:
        found = {"start": starts, "scroll": scrolls, "sims": sims, "language": language}
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def cold_start(folder: Path) -> Start:
    """Starts the app in a fresh process; raises `Faulty` when it fails or what it shows isn't the kept dashboard."""
    begun = monotonic()
    shown, cpu, is_cached = msgspec.json.decode(_run("cold_start", folder), type=tuple[float, float, bool])
    if not is_cached:
        raise Faulty("the dashboard did not come from the device")
    return Start(shown - begun, cpu)


def scroll(folder: Path, sims: int) -> Scroll:
    """Flings through the list in a fresh process; raises `Faulty` when it fails."""
    frames, waiting = msgspec.json.decode(_run("fling", folder, str(sims)), type=tuple[list[float], int])
    return Scroll(median(frames), quantiles(frames, n=20)[-1], max(frames), len(frames), waiting)


@contextmanager
def company(sims: int) -> Iterator[str]:
    """The address of a company in a process of its own, for the block."""
    command = [sys.executable, "-P", "-m", "bench.apps.company", str(sims)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # it is a pipe
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def _see_the_dashboard(folder: Path, server: str, language: str) -> None:
    """What a person did the day before: signed in and looked."""
    services = kept_in(folder, FileTokens(folder / "tokens.json"))
    services.settings.put(server=server, language=language)
    services.gateway.server, services.gateway.language = server, language
    person = SignIn(services)
    person.identity = "09350001000"
    if not (await person.send() and await person.confirm(CODE)):
        raise Faulty(f"nobody can sign in: {person.problem}")
    await Home(services).load()
    await services.gateway.close()


def _run(program: str, *arguments: str | Path) -> bytes:
    """The last line that a program writes."""
    command = [sys.executable, "-P", "-m", f"bench.apps.{program}", *map(str, arguments)]
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, timeout=SECONDS)
    if done.returncode or not done.stdout.strip():
        raise Faulty(done.stderr.decode()[-2000:])
    return done.stdout.strip().splitlines()[-1]


def _started(starts: Sequence[Start]) -> Table:
    shown = Table(title=f"Cold start to the last dashboard, without network: goal ≤ {START_GOAL_S:.0f} s", title_justify="left")
    for heading in ("median s", "slowest s", "CPU s"):
        shown.add_column(heading, justify="right")
    walls = [one.wall_s for one in starts]
    shown.add_row(f"{median(walls):.2f}", f"{max(walls):.2f}", f"{median(one.cpu_s for one in starts):.2f}")
    return shown


def _scrolled(scrolls: Sequence[Scroll], sims: int) -> Table:
    title = f"A fling through {sims:,} SIM cards, ms of the main thread's CPU a frame: goal p95 ≤ {FRAME_GOAL_MS:.0f}"
    shown = Table(title=title, title_justify="left")
    for heading in ("p50", "p95", "max", "frames", "waiting"):
        shown.add_column(heading, justify="right")
    figures = [median(getattr(one, name) for one in scrolls) for name in ("p50_ms", "p95_ms", "max_ms", "frames", "waiting")]
    shown.add_row(*(f"{figure:,.1f}" for figure in figures[:3]), *(f"{figure:,.0f}" for figure in figures[3:]))
    return shown
