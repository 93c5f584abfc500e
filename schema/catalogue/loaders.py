"""Batched reads of offerings."""

from uuid import UUID

from domain.catalogue import queries
from domain.catalogue.queries import OfferingRow
from domain.kernel.errors import Unauthenticated
from domain.kernel.money import Price
from domain.reading import Wanted
from schema.kernel.context import Context


async def offerings(context: Context, ids: list[UUID], wanted: Wanted = None) -> list[OfferingRow | None]:
    """Offerings in the viewer's language; the catalogue belongs to no tenant, but strangers don't see it."""
    if context.actor is None:
        raise Unauthenticated
    async with context.read() as session:
        return await queries.offerings_by_ids(session, ids, context.locale, wanted)


async def prices(context: Context, net_prices: list[int]) -> list[Price]:
    """Net prices with today's tax."""
    async with context.read() as session:
        return await queries.prices(session, net_prices, at=context.now)
