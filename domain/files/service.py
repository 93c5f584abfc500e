"""Keeping files as rows."""

from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import col

from domain.files.content import BLOCK
from domain.files.tables import File, FileBlock, Purpose, UploadTally
from domain.kernel.clock import Clock
from domain.kernel.ids import uuid7
from store.outbox import Handler, Later, Round, Task
from store.session import Database, Session

MOST_BYTES = 5_000_000
CLEANING_KIND = "files.clean"
EVERY = timedelta(hours=1)


async def keep(
    session: Session, organization_id: UUID, *, name: str, media_type: str, content: bytes, at: datetime, purpose: Purpose = Purpose.RECEIPT
) -> UUID:
    """Keeps a file of at most 5 MB and returns its id; a larger one is a `ValueError`."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"{name} has {len(content)} bytes, a file may have {MOST_BYTES}")
    file = File(
        id=uuid7(), organization_id=organization_id, name=name, media_type=media_type, size_bytes=len(content), purpose=purpose,
        created_at=at,
    )  # fmt: skip
    session.add(file)
    await session.flush()
    await session.execute(insert(FileBlock).values(file_id=file.id, place=0, content=content))
    return file.id


async def keep_stream(session: Session, file: File, content: BinaryIO) -> None:
    """Keeps a file of any size, whose content is read from its beginning, a block of 1 MB at a time."""
    session.add(file)
    await session.flush()
    content.seek(0)
    place = 0
    while block := content.read(BLOCK):
        await session.execute(insert(FileBlock).values(file_id=file.id, place=place, content=block))
        place += 1


async def clean(database: Database, *, at: datetime) -> None:
    """Deletes files whose time is over, with their content, and tallies of days gone by."""
    async with database.write() as session:
        await session.execute(delete(File).where(col(File.expires_at) <= at))
        await session.execute(delete(UploadTally).where(col(UploadTally.day) < (at - timedelta(days=2)).date()))


def cleaning_handler(database: Database, clock: Clock) -> Handler:
    """The outbox's handler: cleans, and comes again in an hour."""

    async def handle(_: Task) -> None:
        await clean(database, at=clock.now())
        raise Later(clock.now() + EVERY)

    return Round(handle)
