"""Batched reads of offerings."""

from uuid import UUID

from domain.catalogue import queries
from domain.catalogue.queries import OfferingRow
from domain.kernel.errors import Unauthenticated
from schema.kernel.context import Context


async def offerings(context: Context, ids: list[UUID]) -> list[OfferingRow | None]:
    """Offerings in the viewer's language, at today's tax; the catalogue belongs to no tenant, but strangers don't see it."""
    if context.actor is None:
        raise Unauthenticated
    async with context.read() as session:
        return await queries.offerings_by_ids(session, ids, context.locale, at=context.now)
