"""How files are shown and read; who may have one is decided by the thing it belongs to."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import starmap
from typing import Any, BinaryIO, cast
from uuid import UUID

import msgspec
from sqlmodel import col, select

from domain.files.tables import SHARED, File, FileBlock, Purpose
from domain.kernel.batches import in_order
from domain.kernel.scope import Scope
from store.session import Database, Session
from store.statements import Prepared, among


class DocumentRow(msgspec.Struct, frozen=True):
    """A file as it is offered for download; a shared one was sent to the operator, whose people may have it though they see masked."""

    id: UUID
    file_name: str
    media_type: str
    created_at: datetime
    is_shared: bool = False


_COLUMNS: tuple[Any, ...] = (File.organization_id, File.id, File.name, File.media_type, File.created_at, File.purpose)
_BY_IDS = Prepared(select(*_COLUMNS).where(among(col(File.id), "ids")))


async def files_of_organizations(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> list[DocumentRow | None]:
    """Files by organization and id in the order asked, null for unknown ones; for whoever sees the thing that names them."""
    rows = await session.rows(_BY_IDS, ids=list({id for _, id in keys}))
    found = {(owner, id): DocumentRow(id, name, type, at, purpose in SHARED) for owner, id, name, type, at, purpose in rows}
    return [found.get(key) for key in keys]


class Kept(msgspec.Struct, frozen=True):
    """What is known of a file apart from its content."""

    id: UUID
    organization_id: UUID
    file_name: str
    media_type: str
    size_bytes: int
    purpose: Purpose
    by_id: UUID | None


async def kept(session: Session, ids: Sequence[UUID]) -> list[Kept | None]:
    """Files by id in the order asked, whoever may see them."""
    columns: Any = (File.id, File.organization_id, File.name, File.media_type, File.size_bytes, File.purpose, File.by_id)
    rows = await session.rows(select(*columns).where(col(File.id).in_(ids)))
    return in_order(ids, (Kept(row[0], row[1], row[2], row[3], row[4], Purpose(row[5]), row[6]) for row in rows))


async def own(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Files that the actor's own jobs made, where they still reach the organization, until they are deleted."""
    made = (col(File.by_id) == scope.actor.id, col(File.purpose).in_((Purpose.EXPORT, Purpose.REJECTS)), col(File.expires_at) > scope.at)
    columns: Any = (File.id, File.name, File.media_type, File.created_at)
    rows = await session.rows(scope.limit(select(*columns).where(col(File.id).in_(ids), *made), col(File.organization_id)))
    return in_order(ids, starmap(DocumentRow, rows))


async def blocks(database: Database, file_id: UUID) -> AsyncIterator[bytes]:
    """The content of a file, 1 MB at a time, each in a read of its own, so that a slow reader holds nothing."""
    place = 0
    while True:
        async with database.read() as session:
            here = select(FileBlock.content).where(col(FileBlock.file_id) == file_id, col(FileBlock.place) == place)
            content = (await session.scalars(here)).one_or_none()
        if content is None:
            return
        yield content
        place += 1


async def content(database: Database, file_id: UUID) -> bytes:
    """All of a small file."""
    return b"".join([block async for block in blocks(database, file_id)])


@asynccontextmanager
async def fetched(database: Database, file_id: UUID) -> AsyncIterator[BinaryIO]:
    """The content of a file of any size as a temporary file, from its beginning."""
    with tempfile.NamedTemporaryFile() as file:
        async for block in blocks(database, file_id):
            file.write(block)
        file.flush()
        file.seek(0)
        yield cast(BinaryIO, file)
