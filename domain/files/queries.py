"""How files are shown; who may have one is decided by the thing it belongs to."""

from datetime import datetime
from uuid import UUID

import msgspec


class DocumentRow(msgspec.Struct, frozen=True):
    """A file as it is offered for download."""

    id: UUID
    file_name: str
    media_type: str
    created_at: datetime
