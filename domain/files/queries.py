"""How files are shown; who may have one is decided by the thing it belongs to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select
from sqlmodel import col, select

from domain.files.tables import File
from store.session import Session


class DocumentRow(msgspec.Struct, frozen=True):
    """A file as it is offered for download."""

    id: UUID
    file_name: str
    media_type: str
    created_at: datetime


async def files_of_organizations(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> list[DocumentRow | None]:
    """Files by organization and id in the order asked, null for unknown ones; for whoever sees the thing that names them."""
    wanted = col(File.id).in_({id for _, id in keys})
    columns: tuple[Any, ...] = (File.organization_id, File.id, File.name, File.media_type, File.created_at)
    statement: Select[Any] = select(*columns).where(wanted)
    found = {(row[0], row[1]): DocumentRow(*row[1:]) for row in await session.execute(statement)}
    return [found.get(key) for key in keys]
