"""`simurgh ledger prove`: shows from the stored entries that no rial was lost, doubled or made up."""

import asyncio

import typer

from api.commands.options import Data
from api.settings import Settings, read_settings
from domain.wallet import proof
from domain.wallet.proof import Fault
from store.session import Database

app = typer.Typer(help="The books.", no_args_is_help=True)


@app.command("prove")
def prove(data: Data = None) -> None:
    """Proves the ledger: transfers sum to zero, balances are the sums of their entries, no wallet is below its floor."""
    faults = asyncio.run(_faults(read_settings(data_dir=data)))
    for fault in faults:
        typer.echo(f"{fault.id}: {fault.what}")
    typer.echo(f"{len(faults)} faults in the ledger" if faults else "the ledger holds")
    if faults:
        raise typer.Exit(1)


async def _faults(settings: Settings) -> list[Fault]:
    """Everything in the ledger that can't be; nothing is the proof."""
    database = Database(settings.database_url)
    try:
        async with database.read() as session:
            return await proof.prove(session)
    finally:
        await database.close()
