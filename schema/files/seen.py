"""Who may have which file: for each purpose the right it takes, and how the files of things in scope are found."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from domain.files.queries import DocumentRow, kept
from domain.files.tables import Purpose
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS
from store.session import Session

Finder = Callable[[Session, Scope, Sequence[UUID]], Awaitable[list[DocumentRow | None]]]
"""Files by their ids in the order asked, null for those that hang on nothing in scope."""

SEEN: dict[Purpose, tuple[Permission, Finder]] = {}
"""Filled by the areas on whose things files hang; a file for anything else is nobody's."""


async def documents(context: Context, file_ids: list[UUID]) -> list[DocumentRow | None]:
    """Files that the viewer may have."""
    found: dict[UUID, DocumentRow] = {}
    async with context.read() as session:
        known = [file for file in await kept(session, file_ids) if file is not None]
        for purpose in sorted({file.purpose for file in known} & SEEN.keys()):
            permission, finder = SEEN[purpose]
            if permission in context.asking().permissions:
                wanted = [file.id for file in known if file.purpose == purpose]
                rows = await finder(session, context.scope(permission), wanted)
                found |= {row.id: row for row in rows if row is not None}
    return [found.get(id) for id in file_ids]


FINDERS[Kind.DOCUMENT] = documents
