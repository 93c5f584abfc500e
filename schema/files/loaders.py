"""Batched reads of files."""

from uuid import UUID

from domain.files.queries import DocumentRow, files_of_organizations
from schema.kernel.context import Context


async def documents_named(context: Context, keys: list[tuple[UUID, tuple[UUID, ...]]]) -> list[list[DocumentRow]]:
    """Files that things in view name, as far as they are still there: organization, files."""
    wanted = [(organization_id, file) for organization_id, files in keys for file in files]
    if not wanted:
        return [[] for _ in keys]
    async with context.read() as session:
        found = dict(zip(wanted, await files_of_organizations(session, wanted), strict=True))
    return [[row for file in files if (row := found[organization_id, file])] for organization_id, files in keys]
