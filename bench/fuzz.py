"""Compares the engine with graphql-core at length: random documents on random schemas until enough were executed."""

import asyncio
import gc
import json
import warnings
from dataclasses import asdict
from itertools import count as counting
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from schema.engine import plans
from tests.schema.engine.comparing import Count, Mismatch, fuzz_one

SCHEMAS_AT_ONCE = 50
"""Schemas whose garbage is let lie."""


def fuzz(
    executions: Annotated[int, typer.Option(help="How many.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the first schema.")] = 1_000_000,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write the counts.")] = None,
) -> None:
    """Random documents on random schemas by graphql-core and by the engine: the same data and errors. Ctrl-C tells the counts so far."""
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)  # graphql-core leaves some, where errors overtake
    plans.PAYS_AFTER = 1
    count, found = Count(), list[Mismatch]()
    try:
        asyncio.run(_fuzzed(executions, seed, count, found))
    except KeyboardInterrupt:
        typer.echo("stopped early", err=True)
    counts = {"mismatches": len(found), **asdict(count)}
    for name, number in counts.items():
        typer.echo(f"{name:<12} {number:>9,}")
    if json_file is not None:
        json_file.write_text(json.dumps(counts) + "\n")
    raise typer.Exit(1 if found else 0)


async def _fuzzed(executions: int, seed: int, count: Count, found: list[Mismatch]) -> None:
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("executions", total=executions)
        for number in counting():
            try:
                await fuzz_one(seed + number, documents=8, runs=6, count=count)
            except Mismatch as mismatch:
                found.append(mismatch)
                typer.echo(f"schema {seed + number}\n{mismatch}\n", err=True)
            if number % SCHEMAS_AT_ONCE == 0:
                gc.collect()
            progress.update(task, completed=count.executions)
            if count.executions >= executions:
                return
