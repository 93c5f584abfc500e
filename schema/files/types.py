"""Files, as a client sees them."""

from datetime import datetime
from typing import cast

import strawberry

from auth import links
from domain.files.queries import DocumentRow
from domain.kernel.errors import Unauthenticated
from domain.kernel.ids import Kind
from schema.engine.fields import rows_of
from schema.kernel.context import Info
from schema.kernel.nodes import Node, global_id
from schema.kernel.scalars import URL


@strawberry.type(description="A file the viewer may download.")
class Document(Node):
    """Served from `DocumentRow`."""

    id: strawberry.ID = global_id(Kind.DOCUMENT)
    file_name: str = strawberry.field(description="Suggested file name.")
    media_type: str = strawberry.field(description="IANA media type.")
    created_at: datetime | None = strawberry.field(description="When its content was fixed, null when it is made on download.")

    is_type_of = rows_of(DocumentRow)

    @strawberry.field(description="Link bound to this viewer.")
    def url(self, info: Info) -> URL:
        """Refused to whoever sees personal data masked: a file can't be masked."""
        return URL(_link(self, info)[0])

    @strawberry.field(description="When the link dies.")
    def url_expires_at(self, info: Info) -> datetime:
        """Ten minutes from now."""
        return _link(self, info)[1]


def _link(document: Document, info: Info) -> tuple[str, datetime]:
    context = info.context
    if context.actor is None:
        raise Unauthenticated
    return links.link(context.parts.auth, context.actor, cast(DocumentRow, document).id, at=context.now)
