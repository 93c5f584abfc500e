"""Batched reads of what lines have."""

from uuid import UUID

from domain.bundles import queries
from domain.bundles.queries import BucketRow
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.reading import Wanted
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def buckets_of_sims(context: Context, sim_ids: list[UUID], wanted: Wanted = None) -> list[list[BucketRow]]:
    """Buckets of lines in scope, in order of use."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.buckets_of_sims(session, scope, sim_ids, locale=context.locale, at=context.now, wanted=wanted)


async def buckets_of_products(context: Context, product_ids: list[UUID]) -> list[list[BucketRow]]:
    """Buckets that products in scope granted."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.buckets_of_products(session, scope, product_ids, locale=context.locale, at=context.now)


async def buckets(context: Context, ids: list[UUID]) -> list[BucketRow | None]:
    """Buckets in scope."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.buckets_by_ids(session, scope, ids, locale=context.locale, at=context.now)


products_of_sims = in_scope(Permission.SIM_READ, queries.products_of_sims)
"""Products of lines in scope."""
products = in_scope(Permission.SIM_READ, queries.products_by_ids)
"""Products in scope."""


FINDERS[Kind.BUCKET] = buckets
FINDERS[Kind.PRODUCT] = products
