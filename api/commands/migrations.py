"""`simurgh migrate` and `simurgh migration`."""

import asyncio

import typer

from api.commands.options import Data
from api.settings import read_settings
from store import migrate


def bring_up_to_date(data: Data = None) -> None:
    """Brings the SQL database to the newest shape."""
    asyncio.run(migrate.upgrade(read_settings(data_dir=data).database_url))


def migration(title: str) -> None:
    """Writes a new migration from the difference between the newest one and the code's tables."""
    typer.echo(asyncio.run(migrate.write_migration(title)))
