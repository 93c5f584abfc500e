"""Batched reads of SIM cards and what hangs on them."""

from uuid import UUID

from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.reading import Wanted
from domain.sims import queries
from domain.sims.queries import ApnRow, PlacementRow, SimRow
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def sims(context: Context, ids: list[UUID], wanted: Wanted = None) -> list[SimRow | None]:
    """Cards in scope."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.sims_by_ids(session, scope, ids, wanted)


async def placements(context: Context, ids: list[UUID]) -> list[list[PlacementRow]]:
    """Where cards in scope stood."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.placements(session, scope, ids)


async def apns(context: Context, ids: list[UUID]) -> list[list[ApnRow]]:
    """Access points of cards in scope."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.apns(session, scope, ids)


FINDERS[Kind.SIM] = sims
