"""Batched reads of offerings."""

from uuid import UUID

from domain.catalogue import queries
from domain.catalogue.queries import OfferingRow
from domain.kernel.errors import Unauthenticated
from domain.kernel.money import Price
from schema.kernel.context import Context
from store.revisions import EVERYTHING


async def offerings(context: Context, ids: list[UUID]) -> list[OfferingRow | None]:
    """Offerings in the viewer's language, out of memory where it knows them; they belong to no tenant, but strangers don't see them."""
    if context.actor is None:
        raise Unauthenticated
    kind = ("offerings", context.locale)
    known = context.known(kind, ids)
    if known is None:
        async with context.read() as session:
            known = await queries.offerings_by_ids(session, ids, context.locale)
        context.keep(kind, known, lambda _: ("offerings", EVERYTHING))
    return known


async def prices(context: Context, net_prices: list[int]) -> list[Price]:
    """Net prices with today's tax."""
    async with context.read() as session:
        return await queries.prices(session, net_prices, at=context.now)
