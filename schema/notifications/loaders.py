"""Batched reads of the viewer's own feed."""

from typing import Any
from uuid import UUID

from auth.actor import Actor
from domain.kernel.errors import AccessError
from domain.kernel.ids import Kind, Ref
from domain.notifications import queries
from domain.notifications.queries import NotificationRow
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS, found


def reader(actor: Actor) -> UUID | None:
    """Whose feed is read: that of a person in a session of their own; neither tokens nor support views have one."""
    return None if actor.session_id is None or actor.is_read_only else actor.person_id


async def notices(context: Context, ids: list[UUID]) -> list[NotificationRow | None]:
    """The viewer's own notices."""
    person_id = reader(context.asking())
    if person_id is None:
        return [None for _ in ids]
    async with context.read() as session:
        return await queries.notices_by_ids(session, person_id, ids)


async def unread_counts(context: Context, actors: list[Actor]) -> list[int]:
    """How much of the viewer's feed is unread."""
    people = [reader(actor) for actor in actors]
    if not any(people):
        return [0 for _ in people]
    async with context.read() as session:
        return [await queries.unread_count(session, person_id) if person_id else 0 for person_id in people]


async def subjects(context: Context, refs: list[Ref]) -> list[Any]:
    """What notices are about; nothing where the viewer may not see it any more, which is no fault of the feed."""
    return [None if isinstance(row, AccessError) else row for row in await found(context, refs)]


FINDERS[Kind.NOTIFICATION] = notices
