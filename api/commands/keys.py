"""`simurgh keys`: changes the keys that sign access tokens."""

import asyncio
from typing import Annotated

import typer

from api.commands.options import Data
from api.settings import Settings, read_settings, sealer_of
from auth.keys import KeyRing
from domain.kernel.clock import SystemClock
from store.session import Database

app = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)


@app.command("rotate")
def rotate(
    forget: Annotated[bool, typer.Option("--forget", help="The old key leaked: end every access token signed with it at once.")] = False,
    data: Data = None,
) -> None:
    """Signs with a new key from now on; tokens signed before live out their 15 minutes. Run it as often as you like."""
    typer.echo(f"signing with {asyncio.run(_rotate(read_settings(data_dir=data), forget=forget))}")


async def _rotate(settings: Settings, *, forget: bool) -> str:
    database = Database(settings.database_url)
    try:
        return await KeyRing(database, sealer_of(settings)).rotate(SystemClock().now(), forget=forget)
    finally:
        await database.close()
