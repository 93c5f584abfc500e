"""`simurgh vouchers activate`: makes vouchers valid that were made to be activated later."""

import asyncio
from datetime import datetime

import typer

from api.commands.options import Data
from api.settings import Settings, read_settings
from domain.kernel.clock import SystemClock
from domain.kernel.errors import DomainError
from domain.kernel.ids import Kind, decode_as
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.payments import vouchers
from store.session import Database

app = typer.Typer(help="Vouchers that wait for their activation.", no_args_is_help=True)


@app.command("activate")
def activate(batch: str = typer.Argument(help="Global id of the batch, as `voucherBatches` shows it."), data: Data = None) -> None:
    """Makes the vouchers of a batch valid from now on, for as many months as it says."""
    try:
        count = asyncio.run(_activate(read_settings(data_dir=data), batch, SystemClock().now()))
    except DomainError as error:
        typer.echo(text(error.message_key, Locale.EN, **error.params), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} vouchers are valid from now on")


async def _activate(settings: Settings, batch: str, at: datetime) -> int:
    database = Database(settings.database_url)
    try:
        async with database.write() as session:
            return (await vouchers.activate(session, decode_as(Kind.VOUCHER_BATCH, batch), at=at)).count
    finally:
        await database.close()
