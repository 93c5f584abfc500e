"""Batched reads of jobs."""

from uuid import UUID

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


FINDERS[Kind.JOB] = jobs
SEEN[Purpose.EXPORT] = (Permission.EXPORT_CREATE, own_files)
SEEN[Purpose.REJECTS] = (Permission.IMPORT_CREATE, own_files)
