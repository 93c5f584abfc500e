"""Uploads: taken once they are checked, scanned and within the day's quota; claimed by whoever sent them, or gone after a day."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.files import rules
from domain.files.content import check
from domain.files.ports import Scanner
from domain.files.queries import DocumentRow
from domain.files.rules import FileType, Limits
from domain.files.service import keep_stream
from domain.files.tables import File, FileBlock, Purpose, UploadTally
from domain.kernel.errors import InvalidInput, LimitReached, NotFound
from domain.kernel.ids import uuid7
from domain.kernel.scope import Scope
from store.models import rows_changed
from store.session import Database, Session
from store.upsert import insert_or_ignore

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as it is sent: for which organization, by whom, its cleaned name and its type."""

    organization_id: UUID
    by_id: UUID
    name: str
    type: FileType


async def take(database: Database, scanner: Scanner, offer: Offer, content: BinaryIO, *, limits: Limits, at: datetime) -> File:
    """Keeps an upload for a day, to be claimed. One that isn't what it says, is infected or over the quota fails, and counts as sent.

    Raises `InvalidInput`, `LimitReached` and, when there is no verdict, `ScannerSilent`.
    """
    size = content.seek(0, 2)
    if size > limits.most(offer.type):
        raise InvalidInput("files.too_large", most=limits.most(offer.type) // rules.MEGABYTE)
    await _count(database, offer, size, limits, at)
    await asyncio.to_thread(check, content, size, offer.type, limits)
    content.seek(0)
    if (found := await scanner.scan(content)) is not None:
        raise InvalidInput("files.infected", found=found)
    file = File(
        id=uuid7(), organization_id=offer.organization_id, name=offer.name, media_type=offer.type.shown_media_type, size_bytes=size,
        purpose=Purpose.UPLOAD, by_id=offer.by_id, created_at=at, expires_at=at + KEPT,
    )  # fmt: skip
    async with database.write() as session:
        await keep_stream(session, file, content)
    return file


async def claim(
    session: Session, scope: Scope, upload_ids: Sequence[UUID], purpose: Purpose, *, organization_id: UUID, field: str = "uploadId"
) -> list[DocumentRow]:
    """Takes uploads for a purpose, inside the caller's transaction and for good; in the order asked.

    Only whoever sent them may, for the organization they were sent for, once; otherwise they are `NotFound`. A type that doesn't fit
    the purpose is `InvalidInput`.
    """
    claimed = []
    for upload_id in dict.fromkeys(upload_ids):
        mine = select(File).where(*_mine(scope, upload_id, organization_id)).with_for_update()
        file = (await session.scalars(mine)).one_or_none()
        if file is None:
            raise NotFound("files.no_upload", field=(field,))
        if file.media_type not in rules.ALLOWED[purpose]:
            raise InvalidInput("files.purpose", field=(field,), name=file.name)
        file.purpose, file.expires_at = purpose, None
        claimed.append(DocumentRow(file.id, file.name, file.media_type, file.created_at))
    await session.flush()
    return claimed


@asynccontextmanager
async def looked_at(
    session: Session, scope: Scope, upload_id: UUID, purpose: Purpose, *, field: tuple[str, ...]
) -> AsyncIterator[tuple[UUID, BinaryIO]]:
    """Whose an upload is, and its content as a temporary file for the block: what `claim` would take, without taking it."""
    mine = (
        col(File.id) == upload_id, col(File.purpose) == Purpose.UPLOAD, col(File.by_id) == scope.actor.id, col(File.expires_at) > scope.at,
    )
    file = (await session.scalars(select(File).where(*mine))).one_or_none()
    if file is None or not any(part.organization_id in (None, file.organization_id) for part in scope.reach):
        raise NotFound("files.no_upload", field=field)
    if file.media_type not in rules.ALLOWED[purpose]:
        raise InvalidInput("files.purpose", field=field, name=file.name)
    with tempfile.TemporaryFile() as content:
        here = select(FileBlock.content).where(col(FileBlock.file_id) == upload_id).order_by(col(FileBlock.place))
        async for block in await session.stream_scalars(here.execution_options(yield_per=1)):
            content.write(block)
        content.seek(0)
        yield file.organization_id, cast(BinaryIO, content)


async def is_waiting(session: Session, scope: Scope, upload_id: UUID, *, organization_id: UUID) -> bool:
    """Whether it could be claimed."""
    return (await session.scalars(select(File.id).where(*_mine(scope, upload_id, organization_id)))).one_or_none() is not None


def _mine(scope: Scope, upload_id: UUID, organization_id: UUID) -> tuple[Any, ...]:
    return (
        col(File.id) == upload_id, col(File.purpose) == Purpose.UPLOAD, col(File.by_id) == scope.actor.id,
        col(File.organization_id) == organization_id, col(File.expires_at) > scope.at,
    )  # fmt: skip


async def _count(database: Database, offer: Offer, size: int, limits: Limits, at: datetime) -> None:
    """Adds to the day's tallies, in a transaction of its own: a file that is refused afterwards was sent all the same."""
    owners = (
        (offer.by_id, limits.actor_files, limits.actor_bytes),
        (offer.organization_id, limits.organization_files, limits.organization_bytes),
    )
    day = at.date()
    async with database.write() as session:
        for owner_id, most_files, most_bytes in owners:
            await insert_or_ignore(session, UploadTally, [{"owner_id": owner_id, "day": day, "files": 0, "size_bytes": 0}])
            within = (col(UploadTally.files) < most_files, col(UploadTally.size_bytes) <= most_bytes - size)
            counted = await session.execute(
                update(UploadTally)
                .where(col(UploadTally.owner_id) == owner_id, col(UploadTally.day) == day, *within)
                .values(files=col(UploadTally.files) + 1, size_bytes=col(UploadTally.size_bytes) + size)
            )
            if not rows_changed(counted):
                tomorrow = datetime.combine(day + timedelta(days=1), datetime.min.time(), at.tzinfo)
                raise LimitReached("files.quota", retry_at=tomorrow)
