"""Files, as a client sees them."""

from datetime import datetime

import strawberry

from auth import links
from domain.files.queries import DocumentRow
from domain.kernel.ids import Kind
from schema.engine.fields import plain, rows_of
from schema.kernel.context import Context
from schema.kernel.nodes import Node, global_id
from schema.kernel.scalars import URL


def _link(row: DocumentRow, context: Context) -> tuple[str, datetime]:
    return links.link(context.parts.auth, context.asking(), row.id, at=context.now, is_shared=row.is_shared)


def _url(row: DocumentRow, context: Context) -> str:
    """Refused to whoever sees personal data masked, unless it was sent to them: a file can't be masked."""
    return _link(row, context)[0]


def _url_expires_at(row: DocumentRow, context: Context) -> datetime:
    """Ten minutes from now."""
    return _link(row, context)[1]


@strawberry.type(description="A file the viewer may download.")
class Document(Node):
    """Served from `DocumentRow`."""

    id: strawberry.ID = global_id(Kind.DOCUMENT)
    file_name: str = strawberry.field(description="Suggested file name.")
    media_type: str = strawberry.field(description="IANA media type.")
    created_at: datetime | None = strawberry.field(description="When its content was fixed, null when it is made on download.")

    is_type_of = rows_of(DocumentRow)

    url: URL = plain(_url, description="Link bound to this viewer.")
    url_expires_at: datetime = plain(_url_expires_at, description="When the link dies.")
