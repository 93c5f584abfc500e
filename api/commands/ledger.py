"""`simurgh ledger prove`: shows from the stored entries and lines of bills that no rial was lost, doubled or made up."""

import asyncio
from collections.abc import Mapping

import typer

from api.books import CHECKED, LOOKS
from api.commands.options import Data
from api.settings import Settings, read_settings
from domain.wallet import proof
from domain.wallet.proof import Fault
from store.session import Database

app = typer.Typer(help="The books.", no_args_is_help=True)


@app.command("prove")
def prove(data: Data = None) -> None:
    """Proves the books: transfers sum to zero, balances, holds, lots and bills are what moved, and nothing differs from what was booked."""
    faults, counts = asyncio.run(_faults(read_settings(data_dir=data)))
    typer.echo("checked " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    for fault in faults:
        typer.echo(f"{fault.id}: {fault.what}")
    typer.echo(f"{len(faults)} faults in the ledger" if faults else "the ledger holds")
    if faults:
        raise typer.Exit(1)


async def _faults(settings: Settings) -> tuple[list[Fault], Mapping[str, int]]:
    """Everything in the books that can't be, of one instant, and how many rows were looked at; nothing is the proof."""
    database = Database(settings.database_url)
    try:
        async with database.snapshot() as session:
            return await proof.prove(session, looks=LOOKS), await proof.counted(session, CHECKED)
    finally:
        await database.close()
