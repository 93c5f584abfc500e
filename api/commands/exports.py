"""`simurgh export`: writes a list of an organization to a file, as the operator sees it."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from api.commands.options import Data
from api.settings import Settings, read_settings
from api.world import check_migrated, open_world
from domain.exports import service
from domain.exports.service import Wish
from domain.exports.sources import ExportKind, permission_of, place_of
from domain.files.writing import ExportFormat
from domain.kernel.clock import SystemClock
from domain.kernel.errors import NotFound
from domain.kernel.scope import system_scope
from store.session import Database

Kind = Annotated[ExportKind, typer.Argument(help="What to export.", case_sensitive=False)]
LegalId = Annotated[str, typer.Argument(help="National id of the legal entity.")]
Target = Annotated[Path, typer.Argument(help="File to write; .xlsx and .jsonl say the format, anything else is CSV.", dir_okay=False)]


def export(kind: Kind, organization: LegalId, file: Target, data: Data = None) -> None:
    """Writes a list of an organization to a file: SIM cards, usage, ledger, orders, tickets, audit trail."""
    suffix = file.suffix.removeprefix(".").upper()
    format = ExportFormat(suffix) if suffix in ExportFormat.__members__ else ExportFormat.CSV
    try:
        with file.open("wb") as target:
            count = asyncio.run(_written(read_settings(data_dir=data), kind, organization, format, target, SystemClock().now()))
    except NotFound:
        file.unlink()
        typer.echo("there is no organization with this legal id", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} rows written")


async def _written(settings: Settings, kind: ExportKind, legal_id: str, format: ExportFormat, target: BinaryIO, at: datetime) -> int:
    await check_migrated(settings)
    scope = system_scope(permission_of(kind), at)
    async with AsyncExitStack() as parts:
        if kind is ExportKind.USAGE:  # which alone needs the document store
            database = (await parts.enter_async_context(open_world(settings))).database
        else:
            database = Database(settings.database_url)
            parts.push_async_callback(database.close)
        async with database.read() as session:
            place = await place_of(session, legal_id)
        return await service.write(database, scope, Wish(kind, format, place), target)
