"""Keeping files as rows."""

from datetime import datetime
from uuid import UUID

from domain.files.tables import File
from domain.kernel.ids import uuid7
from store.session import Session

MOST_BYTES = 5_000_000


async def keep(session: Session, organization_id: UUID, *, name: str, media_type: str, content: bytes, at: datetime) -> UUID:
    """Keeps a file of at most 5 MB and returns its id; a larger one is a `ValueError`."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"{name} has {len(content)} bytes, a file may have {MOST_BYTES}")
    id = uuid7()
    session.add(File(id=id, organization_id=organization_id, name=name, media_type=media_type, content=content, created_at=at))
    await session.flush()
    return id
