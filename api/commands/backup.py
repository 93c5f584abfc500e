"""`simurgh backup` and `simurgh restore`."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api import backup as whole
from api.backup import NotRestored, Progress
from api.commands.options import Data
from api.faults import CannotStart
from api.settings import PREFIX, Settings, read_settings, sealer_of
from api.world import check_migrated, open_stores
from domain.kernel.clock import SystemClock

SHORTEST_SECRET = 12
PASSPHRASE = f"{PREFIX}BACKUP_PASSPHRASE"

KeyFile = Annotated[
    Path | None,
    typer.Option(help=f"File whose content is the secret; without it {PASSPHRASE}, else it is asked for.", exists=True, dir_okay=False),
]


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; one of this name is replaced when the new one is whole.", dir_okay=False)],
    key_file: KeyFile = None,
    data: Data = None,
) -> None:
    """Writes SQL and documents to one sealed file while everybody works on."""
    settings = read_settings(data_dir=data)
    with _shown() as progress:
        counts = asyncio.run(_backup(settings, file, _secret(key_file, is_new=True), progress))
    typer.echo(_told("written", file, counts))


def restore(
    file: Annotated[Path, typer.Argument(help="File that `simurgh backup` wrote.", exists=True, dir_okay=False)],
    key_file: KeyFile = None,
    data: Data = None,
) -> None:
    """Fills empty stores from a backup, then proves the books and the audit trail."""
    settings = read_settings(data_dir=data)
    try:
        with _shown() as progress:
            counts, faults = asyncio.run(_restore(settings, file, _secret(key_file, is_new=False), progress))
    except NotRestored as fault:
        raise CannotStart(str(fault)) from None
    typer.echo(_told("restored", file, counts))
    for sentence in faults:
        typer.echo(sentence)
    typer.echo(f"{len(faults)} faults in the books and the audit trail" if faults else "the ledger holds, every audit chain is whole")
    if faults:
        raise typer.Exit(1)


async def _backup(settings: Settings, file: Path, secret: bytes, progress: Progress) -> Mapping[str, int]:
    await check_migrated(settings)
    async with open_stores(settings) as (_, documents):
        clock = SystemClock()
        return await whole.backup(
            settings.database_url, documents, file, secret, sealer=sealer_of(settings), at=clock.now, progress=progress
        )


async def _restore(settings: Settings, file: Path, secret: bytes, progress: Progress) -> tuple[Mapping[str, int], list[str]]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with open_stores(settings) as (database, documents):
        counts = await whole.restore(settings.database_url, documents, file, secret, sealer=sealer_of(settings), progress=progress)
        return counts, [*await whole.faults(database)]


def _secret(key_file: Path | None, *, is_new: bool) -> bytes:
    """The secret of a backup, by file, environment or keyboard."""
    if key_file is not None:
        secret = key_file.read_bytes().strip()
    elif given := os.environ.get(PASSPHRASE):
        secret = given.encode()
    elif sys.stdin.isatty():
        secret = str(typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=is_new)).encode()
    else:
        raise CannotStart(f"Give the secret of the backup by --key-file or {PASSPHRASE}.")
    if is_new and len(secret) < SHORTEST_SECRET:
        raise CannotStart(f"The secret of a backup has {SHORTEST_SECRET} characters or more.")
    return secret


@contextmanager
def _shown() -> Iterator[Progress]:
    """Shows on a terminal what is being copied."""
    with Console(stderr=True).status("opening") as status:

        def progress(name: str, count: int) -> None:
            status.update(f"{name}: {count:,}")

        yield progress


def _told(verb: str, file: Path, counts: Mapping[str, int]) -> str:
    return f"{verb} {sum(counts.values()):,} rows and documents, {file.stat().st_size:,} bytes sealed"


