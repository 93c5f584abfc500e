"""`simurgh keys`: changes the keys that sign access tokens and the master key that secrets at rest are sealed under."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from api.commands.options import Data
from api.settings import Settings, read_settings, sealer_of
from auth.keys import LEAD, KeyRing
from auth.resealing import reseal as sealed_anew
from domain.kernel.clock import SystemClock
from store.session import Database

app = typer.Typer(help="The keys that sign access tokens, and the master key.", no_args_is_help=True)
SECONDS = int(LEAD.total_seconds())


@app.command("rotate")
def rotate(
    lead: Annotated[int, typer.Option(help="Seconds for which the new key is published before it signs.", min=5)] = SECONDS,
    forget: Annotated[bool, typer.Option("--forget", help="The old key leaked: end every access token signed with it at once.")] = False,
    data: Data = None,
) -> None:
    """Publishes a new key and signs with it soon; tokens signed before live out their 15 minutes. Run it as often as you like."""
    kid = asyncio.run(_rotate(read_settings(data_dir=data), timedelta(seconds=lead), forget=forget))
    typer.echo(f"signing with {kid} {'from now on' if forget else f'in {lead} seconds'}")


@app.command("reseal")
def reseal(data: Data = None) -> None:
    """Seals secrets at rest anew under SIMURGH_SECRET_KEY (docs/operating.md); what is done stays done if you break it off."""
    done, unopened = asyncio.run(_reseal(read_settings(data_dir=data)))
    typer.echo(", ".join(f"{table}: {count:,}" for table, count in done.items()) or "everything is under this key already")
    if unopened:
        typer.echo(f"{unopened:,} secrets open under none of the keys given: the log names their rows", err=True)
        raise typer.Exit(1)


async def _rotate(settings: Settings, lead: timedelta, *, forget: bool) -> str:
    database = Database(settings.database_url)
    try:
        return await KeyRing(database, sealer_of(settings)).rotate(SystemClock().now(), lead=lead, forget=forget)
    finally:
        await database.close()


async def _reseal(settings: Settings) -> tuple[Counter[str], int]:
    database, done, unopened = Database(settings.database_url), Counter[str](), 0
    try:
        with Console(stderr=True).status("sealing") as status:
            async for step in sealed_anew(database, sealer_of(settings)):
                done[step.table] += step.done
                unopened += step.unopened
                status.update(f"{step.table}: {done[step.table]:,}")
    finally:
        await database.close()
    return +done, unopened
