"""Batched reads of sessions and roles."""

from uuid import UUID

from auth import queries
from auth.actor import Actor
from auth.queries import SessionRow
from domain.kernel.ids import Kind
from domain.people import queries as people_queries
from domain.people.queries import MembershipRow
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def sessions(context: Context, ids: list[UUID]) -> list[SessionRow | None]:
    """The viewer's own sessions."""
    person_id = context.asking().person_id
    async with context.read() as session:
        return await queries.sessions(session, person_id, ids)


async def open_sessions(context: Context, actors: list[Actor]) -> list[list[SessionRow]]:
    """Open sessions of the asking person, newest first; none with an API token, which is not the person."""
    async with context.read() as session:
        return [
            await queries.open_sessions(session, actor.person_id, at=context.now) if actor.session_id else [] for actor in actors
        ]


async def memberships_held(context: Context, actors: list[Actor]) -> list[list[MembershipRow]]:
    """Roles held now; a token shows those of its maker in the organization that it works in."""
    async with context.read() as session:
        held = [await people_queries.memberships_held(session, actor.person_id, context.now) for actor in actors]
    return [rows if actor.session_id else _reached(actor, rows) for actor, rows in zip(actors, held, strict=True)]


def _reached(token: Actor, rows: list[MembershipRow]) -> list[MembershipRow]:
    reached = {grant.reach.organization_id for grant in token.grants}
    return [row for row in rows if row.organization_id in reached]


async def support_views(context: Context, organization_ids: list[UUID]) -> list[list[SessionRow]]:
    """Support views open now of organizations that the viewer sees."""
    async with context.read() as session:
        return await queries.support_views(session, organization_ids, at=context.now)


FINDERS[Kind.SESSION] = sessions
