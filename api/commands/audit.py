"""`simurgh audit verify`: reads every organization's chain from its first entry to its last."""

import asyncio
from uuid import UUID

import typer

from api.commands.options import Data
from api.settings import Settings, read_settings
from domain.audit import chain
from store.session import Database

app = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@app.command("verify")
def verify(data: Data = None) -> None:
    """Verifies every organization's audit chain; a changed byte is named by its entry and is a failure."""
    found = asyncio.run(_broken(read_settings(data_dir=data)))
    broken = {organization: number for organization, number in found.items() if number is not None}
    for organization, number in broken.items():
        typer.echo(f"organization {organization}: entry {number} doesn't fit")
    typer.echo(f"{len(found) - len(broken)} of {len(found)} chains are whole")
    if broken:
        raise typer.Exit(1)


async def _broken(settings: Settings) -> dict[UUID, int | None]:
    """By organization the number of the first entry that doesn't fit, null where the chain is whole."""
    database = Database(settings.database_url)
    try:
        async with database.read() as session:
            return await chain.all_broken(session)
    finally:
        await database.close()
