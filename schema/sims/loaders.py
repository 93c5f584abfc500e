"""Batched reads of SIM cards and what hangs on them."""

from datetime import datetime
from uuid import UUID

from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.reading import Wanted
from domain.sims import access_points, queries, stays
from domain.sims.access_points import ApnRow
from domain.sims.rows import SimRow
from domain.sims.stays import PlacementRow
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


async def accounts_at(context: Context, keys: list[tuple[UUID, datetime]]) -> list[UUID | None]:
    """Under which account cards stood at an instant."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await stays.accounts_at(session, scope, keys)


async def placements(context: Context, ids: list[UUID]) -> list[list[PlacementRow]]:
    """Where cards stood, as far as that was in scope then."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await stays.placements(session, scope, ids)


async def apns(context: Context, ids: list[UUID]) -> list[list[ApnRow]]:
    """Access points of cards in scope."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await access_points.apns(session, scope, ids)


FINDERS[Kind.SIM] = sims
