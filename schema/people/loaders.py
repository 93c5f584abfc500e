"""Batched reads of persons and memberships."""

from uuid import UUID

from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.people import queries
from domain.people.queries import PersonRow
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def persons(context: Context, ids: list[UUID]) -> list[PersonRow | None]:
    """Persons the viewer may see: themselves, people with a role in their scope, and the operator's people by name alone."""
    actor = context.asking()
    scope = actor.scope(Permission.ACCOUNT_READ, context.now) if Permission.ACCOUNT_READ in actor.permissions else None
    async with context.read() as session:
        return await queries.persons_seen(session, scope, ids, own_id=actor.ref.person_id)


memberships = in_scope(Permission.ACCOUNT_READ, queries.memberships_by_ids)
"""Memberships in scope."""


FINDERS[Kind.PERSON] = persons
FINDERS[Kind.MEMBERSHIP] = memberships
