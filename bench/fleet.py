"""`x.py bench fleet`: one page of a fleet by every server, in turns, against the hand-written endpoint."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench import profiling
from bench.console import CONSOLE, TABLES
from bench.fleets import Fleet
from bench.ground import Ground, ground
from bench.lineup import SAMPLED, SERVERS, UNGUARDED, leave_statements
from bench.measuring import Faulty, Sample, loaded, resident_megabytes, sample
from bench.report import REFERENCE, Row, rows, table
from bench.running import NotTheSame, Running, check_same, running, write_bodies

WARM_SECONDS = 1
SMALLEST = 0.9
"""How small answers may be on the average against those that were checked: fewer bytes mean errors dressed as answers."""


def fleet(
    servers: Annotated[str, typer.Option(help="Which servers, by commas.")] = ",".join(SERVERS),
    sims: Annotated[str, typer.Option(help="SIM cards a page, by commas.")] = "50,200",
    rounds: Annotated[int, typer.Option(help="How often each server has its turn.", min=1)] = 5,
    seconds: Annotated[int, typer.Option(help="How long a turn lasts.", min=1)] = 4,
    of: Annotated[Fleet, typer.Option(help="100,000 SIM cards with a year of history, or 20,000 made in seconds.")] = Fleet.LARGE,
    json: Annotated[Path | None, typer.Option(help="Write the ratios to this file.", dir_okay=False)] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Say where the product's time goes, instead.")] = False,
) -> None:
    """A page of a fleet: requests a second and CPU a request of each server against a hand-written endpoint."""
    sizes = [int(count) for count in sims.split(",")]
    names = list(dict.fromkeys([*servers.split(","), REFERENCE]))
    if unknown := [name for name in names if name not in SERVERS]:
        raise typer.BadParameter(f"there is no server {', '.join(unknown)}; there are {', '.join(SERVERS)}")
    try:
        found = asyncio.run(_profile(of, sizes, rounds, seconds) if profile else _fleet(of, names, sizes, rounds, seconds))
    except (NotTheSame, Faulty) as fault:
        raise SystemExit(f"bench: {fault}") from None
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


async def _fleet(of: Fleet, names: list[str], sizes: list[int], rounds: int, seconds: int) -> list[Row]:
    async with ground(of) as stage:
        leave_statements()
        async with running(stage, [SERVERS[name] for name in names]) as started:
            measured = {count: await _measured(stage, started, count, rounds, seconds) for count in sizes}
            megabytes = {one.server.name: resident_megabytes(one.pid) for one in started}
    ratios = rows(measured)
    for count, taken in measured.items():
        TABLES.print(table(count, taken, ratios, megabytes))
    return ratios


async def _profile(of: Fleet, sizes: list[int], rounds: int, seconds: int) -> list[Row]:
    """Prints where the product's time goes; it has no ratios to the reference, which isn't there."""
    async with ground(of) as stage, running(stage, [SERVERS["product"], UNGUARDED, SAMPLED]) as started:
        measured = {count: await _measured(stage, started, count, rounds, seconds) for count in sizes}
    for shown in (profiling.guards(measured), *profiling.time_goes(profiling.read_samples())):
        TABLES.print(shown)
    return []


async def _measured(stage: Ground, servers: list[Running], count: int, rounds: int, seconds: int) -> dict[str, list[Sample]]:
    """Everybody's samples of one size of page, in turns whose order is turned around every second round."""
    pages = await stage.pages(count)
    with CONSOLE.status(f"Seeing that all answer {len(pages)} pages of {count} alike …"):
        sizes = await check_same(servers, pages, await stage.token())
    bodies = {one.server.name: write_bodies(one.server, pages) for one in servers}
    smallest = {name: int(size * SMALLEST) for name, size in sizes.items()}
    taken: dict[str, list[Sample]] = {one.server.name: [] for one in servers}
    for one in servers:
        name = one.server.name
        profiling.begin(one)
        loaded(one.port, bodies[name], await stage.token(), seconds=WARM_SECONDS, smallest=smallest[name])
    for turn in range(rounds):
        for one in servers if turn % 2 == 0 else reversed(servers):
            name = one.server.name
            with CONSOLE.status(f"{count} cards, round {turn + 1} of {rounds}: {name} …"):
                taken[name].append(
                    sample(
                        one.port, bodies[name], await stage.token(), seconds=seconds, smallest=smallest[name],
                        server=one.pid, postgresql=stage.postgresql.pid, documents=stage.documents_pid,
                    )
                )  # fmt: skip
    return taken
