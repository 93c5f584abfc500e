"""Batched reads of jobs."""

from uuid import UUID

from domain.files.queries import DocumentRow, files_of_organizations
from domain.files.queries import own as own_files
from domain.files.tables import Purpose
from domain.jobs import queries
from domain.jobs.queries import JobRow
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.files.seen import SEEN
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


def own(context: Context) -> Scope:
    """Whatever the actor reaches by any right: where the jobs they started are theirs to see."""
    return context.scope_of_first(*Permission)


async def jobs(context: Context, ids: list[UUID]) -> list[JobRow | None]:
    """Jobs that the actor started."""
    scope = own(context)
    async with context.read() as session:
        return await queries.jobs_by_ids(session, scope, ids)


async def documents(context: Context, keys: list[tuple[UUID, tuple[UUID, ...]]]) -> list[list[DocumentRow]]:
    """Files of jobs that the viewer sees, as far as they are still there: organization, files."""
    wanted = [(organization_id, file) for organization_id, files in keys for file in files]
    if not wanted:
        return [[] for _ in keys]
    async with context.read() as session:
        found = dict(zip(wanted, await files_of_organizations(session, wanted), strict=True))
    return [[row for file in files if (row := found[organization_id, file])] for organization_id, files in keys]


FINDERS[Kind.JOB] = jobs
SEEN[Purpose.EXPORT] = (Permission.EXPORT_CREATE, own_files)
SEEN[Purpose.REJECTS] = (Permission.IMPORT_CREATE, own_files)
