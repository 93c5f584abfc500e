"""Batched reads of sessions and roles."""

from uuid import UUID

from auth import queries
from auth.queries import SessionRow
from domain.kernel.ids import Kind
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def sessions(context: Context, ids: list[UUID]) -> list[SessionRow | None]:
    """The viewer's own sessions."""
    person_id = context.asking().person_id
    async with context.read() as session:
        found = await queries.sessions(session, person_id, ids)
    return [found.get(id) for id in ids]


async def support_views(context: Context, organization_ids: list[UUID]) -> list[list[SessionRow]]:
    """Support views open now of organizations that the viewer sees."""
    async with context.read() as session:
        found = await queries.support_views(session, organization_ids, at=context.now)
    return [found[id] for id in organization_ids]


FINDERS[Kind.SESSION] = sessions
