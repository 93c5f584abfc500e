"""Reading what lines have: buckets in order of use and products, always for many lines at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam
from sqlmodel import col, select

from domain.bundles import rules
from domain.bundles.tables import Bucket, BucketStatus, Product, ProductStatus
from domain.catalogue.queries import worded
from domain.catalogue.tables import Offering
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.quantity import UNIT_OF, FigureSource, Quantity, UsageType
from domain.kernel.scope import Scope
from domain.reading import Limits, members, shaped
from domain.sims.tables import Sim
from store.session import Session
from store.statements import among

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


PRODUCT: Sequence[Any] = (
    Product.id, Product.sim_id, Product.offering_id, Product.order_id, Product.status, Product.starts_at, Product.ends_at,
    Product.is_renewing, Product.created_at,
)  # fmt: skip
TYPES, STATUSES, SOURCES = members(UsageType), members(BucketStatus), members(FigureSource)


def _buckets(scope: Limits, locale: Locale, *conditions: Any) -> Select[Any]:
    """Buckets with the names of the offerings that granted them, in order of use."""
    columns: Sequence[Any] = (
        Bucket.id, Bucket.sim_id, Bucket.product_id, worded(Offering.names, locale), Bucket.usage_type, Bucket.priority, Bucket.status,
        Bucket.total, Bucket.remaining, Bucket.reserved, Bucket.max_overrun, Bucket.starts_at, Bucket.ends_at, Bucket.as_of, Bucket.source,
    )  # fmt: skip
    statement: Select[Any] = (
        select(*columns)
        .select_from(Bucket)
        .join(Sim, and_(col(Sim.organization_id) == col(Bucket.organization_id), col(Sim.id) == col(Bucket.sim_id)))
        .outerjoin(Offering, col(Offering.id) == col(Bucket.offering_id))
        .where(*conditions)
        .order_by(col(Bucket.priority), col(Bucket.id))
    )
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path))


def _products(scope: Scope) -> Select[Any]:
    statement: Select[Any] = select(*PRODUCT).join(
        Sim, and_(col(Sim.organization_id) == col(Product.organization_id), col(Sim.id) == col(Product.sim_id))
    )
    return scope.limit(statement, col(Sim.organization_id), col(Sim.path))


def _shown(buckets: Sequence[Any], locale: Locale, at: datetime) -> list[BucketRow]:
    """Buckets as rows, in order of use within each line: usable ones first, then those that wait."""
    main = text("bundle.main", locale)
    states = [rules.bucket_status(bucket[6], bucket[11], bucket[12], at) for bucket in buckets]
    usable = [number for number, state in enumerate(states) if state is BucketStatus.ACTIVE]
    waiting = [number for number, state in enumerate(states) if state is not BucketStatus.ACTIVE]
    placed: dict[UUID, int] = defaultdict(int)
    rows = []
    for number in usable + waiting:
        id, sim_id, product_id, name, usage_type, _, _, *amounts, starts_at, ends_at, as_of, source = buckets[number]
        placed[sim_id] += 1
        unit = UNIT_OF[usage_type]
        total, remaining, reserved, max_overrun = (Quantity(amount, unit) for amount in amounts)
        rows.append(
            BucketRow(
                id, sim_id, product_id, name or main, TYPES[usage_type], placed[sim_id], states[number], total, remaining, reserved,
                max_overrun, SpanRow(starts_at, ends_at), as_of, SOURCES[source],
            )
        )  # fmt: skip
    return rows


def _product(product: Any, at: datetime) -> ProductRow:
    span = SpanRow(product.starts_at or product.created_at, product.ends_at)
    status = rules.product_status(product.status, product.starts_at, product.ends_at, at)
    return ProductRow(product.id, product.sim_id, product.offering_id, product.order_id, status, span, product.is_renewing)


ALIVE: Any = col(Bucket.ends_at).is_(None) | (col(Bucket.ends_at) > bindparam("at"))


@shaped
def _buckets_of_sims(scope: Limits, locale: Locale) -> Select[Any]:
    return _buckets(scope, locale, among(col(Bucket.sim_id), "sim_ids"), ALIVE)


async def buckets_of_sims(
    session: Session, scope: Scope, sim_ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[list[BucketRow]]:
    """What each line has left, in order of use, at most 50 each (MI-18, M1-03); one statement for any number of lines."""
    found: dict[UUID, list[BucketRow]] = defaultdict(list)
    for row in _shown(await session.rows(_buckets_of_sims(scope, locale), sim_ids=sim_ids, at=at), locale, at):
        if len(found[row.sim_id]) < MOST:
            found[row.sim_id].append(row)
    return [found[sim_id] for sim_id in sim_ids]


@shaped
def _buckets_of_products(scope: Limits, locale: Locale) -> Select[Any]:
    return _buckets(scope, locale, among(col(Bucket.product_id), "product_ids"))


async def buckets_of_products(
    session: Session, scope: Scope, product_ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[list[BucketRow]]:
    """What each product granted, ended ones included."""
    found: dict[UUID | None, list[BucketRow]] = defaultdict(list)
    for row in _shown(await session.rows(_buckets_of_products(scope, locale), product_ids=product_ids), locale, at):
        found[row.product_id].append(row)
    return [found[product_id] for product_id in product_ids]


@shaped
def _buckets_by_ids(scope: Limits, locale: Locale) -> Select[Any]:
    wanted = among(col(Bucket.id), "ids")
    return _buckets(scope, locale, col(Bucket.sim_id).in_(select(Bucket.sim_id).where(wanted)), ALIVE | wanted)


async def buckets_by_ids(
    session: Session, scope: Scope, ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[BucketRow | None]:
    """Buckets in the order asked, null for those out of scope; their place in the order of use counts all of their lines."""
    found = {row.id: row for row in _shown(await session.rows(_buckets_by_ids(scope, locale), ids=ids, at=at), locale, at)}
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
