"""`simurgh payments waiting`: which payments haven't ended, of all organizations: for the gateway, the payer or the operator's word."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from api.commands.options import Data
from api.settings import Settings, read_settings
from domain.kernel.clock import SystemClock
from domain.payments import queries
from domain.payments.queries import Waiting
from store.session import Database

app = typer.Typer(help="Money on its way in or back.", no_args_is_help=True)


@app.command("waiting")
def waiting(most: Annotated[int, typer.Option(help="How many at most.", min=1)] = 100, data: Data = None) -> None:
    """Lists payments that haven't ended, the oldest first: number, organization, state, way, rials, age, reference, terminal."""
    rows = asyncio.run(_waiting(read_settings(data_dir=data), most))
    now = SystemClock().now()
    for row in rows:
        typer.echo("  ".join(_told(row, now)))
    typer.echo(f"{len(rows)} payments wait")


def _told(row: Waiting, now: datetime) -> tuple[str, ...]:
    minutes = int((now - row.created_at).total_seconds() // 60)
    way = f"{row.method} back" if row.is_refund else str(row.method)
    amount, reference, terminal = f"{row.amount.minor:,}", row.reference or "-", row.terminal or "-"
    return (row.number, row.organization, row.state, way, amount, f"{minutes} min", reference, terminal)


async def _waiting(settings: Settings, most: int) -> list[Waiting]:
    database = Database(settings.database_url)
    try:
        async with database.read() as session:
            return await queries.waiting(session, most=most)
    finally:
        await database.close()
