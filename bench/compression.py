"""`x.py bench compression`: what each level of gzip saves of real answers, what it costs, and on how slow a line that pays."""

import asyncio
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time

import httpx
from rich.table import Table
from sqlmodel import select

from api.app import build
from api.sending import LEVEL, SMALLEST, compressed
from api.settings import read_settings
from api.world import open_world
from bench import company
from bench.console import CONSOLE, TABLES
from bench.fleets import Fleet
from bench.ground import ROOT, sign_in
from domain.accounts.tables import Account
from domain.kernel.clock import SystemClock
from domain.kernel.ids import Kind, encode
from store import migrate

LEVELS = (1, 2, 3, 4, 6, 9)
PAGES = (5, 10, 50, 200)
WORK = 4_000_000
"""Bytes to go through for one timing; the fastest of `TIMES` counts."""
TIMES = 7
DEPOT = "1"


def compression() -> None:
    """What compressing answers saves and costs, level by level."""
    with CONSOLE.status("Asking for answers …"):
        answers = asyncio.run(_answers())
    shown = Table(title=f"gzip of real answers (the product: level {LEVEL} from {SMALLEST:,} bytes)", title_justify="left")
    shown.add_column("answer")
    for heading in ("bytes", "level", "gzip", "times", "CPU ms", "pays below", "the step pays below"):
        shown.add_column(heading, justify="right")
    for name, content in answers.items():
        before, spent = len(content), 0.0
        for level in LEVELS:
            size, seconds = len(compressed(content, level)), _seconds(partial(compressed, content, level))
            shown.add_row(
                name, f"{len(content):,}", str(level), f"{size:,}", f"{len(content) / size:.1f}", f"{seconds * 1000:.3f}",
                _speed(len(content) - size, seconds), _speed(before - size, seconds - spent),
            )  # fmt: skip
            before, spent = size, seconds
        shown.add_section()
    TABLES.print(shown)


async def _answers() -> dict[str, bytes]:
    """Answers to the app's documents, by what they hold, as they are before compression."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({}, data_dir=Path(folder))
        await migrate.upgrade(settings.database_url)
        async with open_world(settings, owns_documents=True) as world:
            await company.make_company(world.database, at=SystemClock().now(), depots=1)
            token = (await sign_in(world.auth, Fleet.SMALL.manager)).access_token
            async with world.database.read() as session:
                depot = (await session.scalars(select(Account.id).where(Account.number == DEPOT))).one()
            asked: dict[str, tuple[str, str, dict[str, object]]]
            asked = {"home": ("03_home", "Home", {}), "catalogue": ("10_catalogue", "Catalogue", {})}
            for count in PAGES:
                variables = {"account": encode(Kind.ACCOUNT, depot), "first": count}
                asked[f"{count} SIM cards"] = ("05_fleet_page", "Fleet", variables)
            headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
            transport = httpx.ASGITransport(app=build(world))
            async with httpx.AsyncClient(transport=transport, base_url=settings.public_url, headers=headers) as client:
                return {name: await _answer(client, *what) for name, what in asked.items()}


async def _answer(client: httpx.AsyncClient, file: str, operation: str, variables: dict[str, object]) -> bytes:
    text = (ROOT / "mobile" / "documents" / f"{file}.graphql").read_text(encoding="utf-8")
    answer = await client.post("/graphql", json={"query": text, "operationName": operation, "variables": variables})
    if "errors" in answer.json():
        raise RuntimeError(answer.text[:300])
    return answer.content


def _seconds(work: Callable[[], bytes]) -> float:
    """Seconds of CPU that one call takes."""
    times = max(3, WORK // max(len(work()) * 6, 1))
    fastest = float("inf")
    for _ in range(TIMES):
        start = process_time()
        for _ in range(times):
            work()
        fastest = min(fastest, (process_time() - start) / times)
    return fastest


def _speed(saved: int, seconds: float) -> str:
    """The speed of a line on which sending the saved bytes takes as long as compressing them away did."""
    return f"{saved * 8 / seconds / 1e6:,.0f} Mbit/s" if seconds > 0 else "any"
