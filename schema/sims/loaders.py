"""Batched reads of SIM cards and what hangs on them."""

from uuid import UUID

from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.reading import Wanted
from domain.sims import access_points, queries, stays
from domain.sims.rows import SimRow
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def sims(context: Context, ids: list[UUID], wanted: Wanted = None) -> list[SimRow | None]:
    """Cards in scope."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.sims_by_ids(session, scope, ids, wanted)


async def sims_named(context: Context, ids: list[UUID], wanted: Wanted = None) -> list[SimRow | None]:
    """Cards that a record in view names; of those that left the viewer's accounts no more than their number."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.sims_named(session, scope, ids, wanted)


accounts_at = in_scope(Permission.SIM_READ, stays.accounts_at)
"""Under which account cards stood at an instant."""
placements = in_scope(Permission.SIM_READ, stays.placements)
"""Where cards stood, as far as that was in scope then."""
apns = in_scope(Permission.SIM_READ, access_points.apns)
"""Access points of cards in scope."""


FINDERS[Kind.SIM] = sims
