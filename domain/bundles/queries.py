"""Reading what lines have: buckets in order of use and products, always for many lines at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_
from sqlmodel import col, select

from domain.bundles import rules
from domain.bundles.tables import Bucket, BucketStatus, Product, ProductStatus
from domain.catalogue.queries import in_language
from domain.catalogue.tables import Offering
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.quantity import UNIT_OF, FigureSource, Quantity, UsageType
from domain.kernel.scope import Scope
from domain.sims.tables import Sim
from store.session import Session

MOST = 50


class SpanRow(msgspec.Struct, frozen=True):
    """A half-open span of time."""

    starts_at: datetime
    ends_at: datetime | None


class BucketRow(msgspec.Struct, frozen=True):
    """A bucket as it is shown, its name in the reader's language; none is shared as long as there are no heads with members."""

    id: UUID
    sim_id: UUID
    product_id: UUID | None
    name: str
    usage_type: UsageType
    priority: int
    status: BucketStatus
    total: Quantity
    remaining: Quantity
    reserved: Quantity
    max_overrun: Quantity
    valid_for: SpanRow
    as_of: datetime
    source: FigureSource
    is_shared: bool = False


class ProductRow(msgspec.Struct, frozen=True):
    """A product as it is shown; before its first use it is usable from its grant on."""

    id: UUID
    sim_id: UUID
    offering_id: UUID
    order_id: UUID | None
    status: ProductStatus
    valid_for: SpanRow
    is_renewing: bool


BUCKET: Sequence[Any] = (
    Bucket.id, Bucket.sim_id, Bucket.product_id, Bucket.offering_id, Bucket.usage_type, Bucket.priority, Bucket.status, Bucket.total,
    Bucket.remaining, Bucket.reserved, Bucket.max_overrun, Bucket.starts_at, Bucket.ends_at, Bucket.as_of, Bucket.source,
)  # fmt: skip
PRODUCT: Sequence[Any] = (
    Product.id, Product.sim_id, Product.offering_id, Product.order_id, Product.status, Product.starts_at, Product.ends_at,
    Product.is_renewing, Product.created_at,
)  # fmt: skip


def _buckets(scope: Scope) -> Select[Any]:
    statement: Select[Any] = select(*BUCKET).join(
        Sim, and_(col(Sim.organization_id) == col(Bucket.organization_id), col(Sim.id) == col(Bucket.sim_id))
    )
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path))


def _products(scope: Scope) -> Select[Any]:
    statement: Select[Any] = select(*PRODUCT).join(
        Sim, and_(col(Sim.organization_id) == col(Product.organization_id), col(Sim.id) == col(Product.sim_id))
    )
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path))


async def _names(session: Session, ids: set[UUID], locale: Locale) -> Mapping[UUID | None, str]:
    """Names of the offerings that granted some buckets."""
    if not ids:
        return {}
    rows = await session.execute(select(Offering.id, Offering.names).where(col(Offering.id).in_(ids)))
    return {id: in_language(names, locale) for id, names in rows}


async def _shown(session: Session, buckets: Sequence[Any], locale: Locale, at: datetime) -> list[BucketRow]:
    """Buckets as rows, in order of use within each line: usable ones first, then those that wait."""
    names = await _names(session, {bucket.offering_id for bucket in buckets if bucket.offering_id}, locale)
    states = {bucket.id: rules.bucket_status(bucket.status, bucket.starts_at, bucket.ends_at, at) for bucket in buckets}
    ordered = sorted(buckets, key=lambda bucket: (states[bucket.id] is not BucketStatus.ACTIVE, bucket.priority, bucket.id))
    placed: dict[UUID, int] = defaultdict(int)
    rows = []
    for bucket in ordered:
        placed[bucket.sim_id] += 1
        usage_type = UsageType(bucket.usage_type)
        unit = UNIT_OF[usage_type]
        name = names.get(bucket.offering_id) or text("bundle.main", locale)
        rows.append(
            BucketRow(
                bucket.id, bucket.sim_id, bucket.product_id, name, usage_type, placed[bucket.sim_id], states[bucket.id],
                Quantity(bucket.total, unit), Quantity(bucket.remaining, unit), Quantity(bucket.reserved, unit),
                Quantity(bucket.max_overrun, unit), SpanRow(bucket.starts_at, bucket.ends_at), bucket.as_of, FigureSource(bucket.source),
            )
        )  # fmt: skip
    return rows


def _product(product: Any, at: datetime) -> ProductRow:
    span = SpanRow(product.starts_at or product.created_at, product.ends_at)
    status = rules.product_status(product.status, product.starts_at, product.ends_at, at)
    return ProductRow(product.id, product.sim_id, product.offering_id, product.order_id, status, span, product.is_renewing)


async def buckets_of_sims(
    session: Session, scope: Scope, sim_ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[list[BucketRow]]:
    """What each line has left, in order of use, at most 50 each (MI-18, M1-03); two statements for any number of lines."""
    statement = _buckets(scope).where(col(Bucket.sim_id).in_(sim_ids)).where(col(Bucket.ends_at).is_(None) | (col(Bucket.ends_at) > at))
    found: dict[UUID, list[BucketRow]] = defaultdict(list)
    for row in await _shown(session, (await session.execute(statement)).all(), locale, at):
        if len(found[row.sim_id]) < MOST:
            found[row.sim_id].append(row)
    return [found[sim_id] for sim_id in sim_ids]


async def buckets_of_products(
    session: Session, scope: Scope, product_ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[list[BucketRow]]:
    """What each product granted, ended ones included."""
    statement = _buckets(scope).where(col(Bucket.product_id).in_(product_ids))
    found: dict[UUID | None, list[BucketRow]] = defaultdict(list)
    for row in await _shown(session, (await session.execute(statement)).all(), locale, at):
        found[row.product_id].append(row)
    return [found[product_id] for product_id in product_ids]


async def buckets_by_ids(
    session: Session, scope: Scope, ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[BucketRow | None]:
    """Buckets in the order asked, null for those out of scope; their place in the order of use counts all of their lines."""
    of_lines = select(Bucket.sim_id).where(col(Bucket.id).in_(ids))
    alive = col(Bucket.ends_at).is_(None) | (col(Bucket.ends_at) > at)
    statement = _buckets(scope).where(col(Bucket.sim_id).in_(of_lines)).where(alive | col(Bucket.id).in_(ids))
    found = {row.id: row for row in await _shown(session, (await session.execute(statement)).all(), locale, at)}
    return [found.get(id) for id in ids]


async def products_of_sims(session: Session, scope: Scope, sim_ids: Sequence[UUID], *, at: datetime) -> list[list[ProductRow]]:
    """What each line has, running and waiting, in order of their starts, at most 50 each."""
    alive = col(Product.ends_at).is_(None) | (col(Product.ends_at) > at)
    statement = _products(scope).where(col(Product.sim_id).in_(sim_ids), col(Product.status) != ProductStatus.TERMINATED, alive)
    products = sorted((await session.execute(statement)).all(), key=lambda one: (one.starts_at or rules.NEVER, one.created_at, one.id))
    found: dict[UUID, list[ProductRow]] = defaultdict(list)
    for product in products:
        if len(found[product.sim_id]) < MOST:
            found[product.sim_id].append(_product(product, at))
    return [found[sim_id] for sim_id in sim_ids]


async def products_by_ids(session: Session, scope: Scope, ids: Sequence[UUID], *, at: datetime) -> list[ProductRow | None]:
    """Products in the order asked, null for those out of scope."""
    found = {one.id: _product(one, at) for one in await session.execute(_products(scope).where(col(Product.id).in_(ids)))}
    return [found.get(id) for id in ids]


async def same_products(
    session: Session, sim_ids: Sequence[UUID], offering_ids: Sequence[UUID], *, at: datetime
) -> Mapping[tuple[UUID, UUID], int]:
    """How many products of each of these offerings run or wait on each line, by (line, offering); absent is none."""
    alive = col(Product.ends_at).is_(None) | (col(Product.ends_at) > at)
    statement = select(Product.sim_id, Product.offering_id).where(
        col(Product.sim_id).in_(sim_ids), col(Product.offering_id).in_(offering_ids), col(Product.status) != ProductStatus.TERMINATED, alive
    )
    counted: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for sim_id, offering_id in await session.execute(statement):
        counted[sim_id, offering_id] += 1
    return counted
