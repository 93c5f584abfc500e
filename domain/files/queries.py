"""How files are shown; who may have one is decided by the thing it belongs to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlmodel import col, select

from domain.files.tables import File
from store.session import Session
from store.statements import Prepared, among


class DocumentRow(msgspec.Struct, frozen=True):
    """A file as it is offered for download."""

    id: UUID
    file_name: str
    media_type: str
    created_at: datetime


_COLUMNS: tuple[Any, ...] = (File.organization_id, File.id, File.name, File.media_type, File.created_at)
_BY_IDS = Prepared(select(*_COLUMNS).where(among(col(File.id), "ids")))


async def files_of_organizations(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> list[DocumentRow | None]:
    """Files by organization and id in the order asked, null for unknown ones; for whoever sees the thing that names them."""
    rows = await session.rows(_BY_IDS, ids=list({id for _, id in keys}))
    found = {(organization_id, id): DocumentRow(id, *rest) for organization_id, id, *rest in rows}
    return [found.get(key) for key in keys]
