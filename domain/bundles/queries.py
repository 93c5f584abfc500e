"""Reading what lines have: buckets in order of use and products, always for many lines at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice, starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, case, func
from sqlmodel import col, select

from domain.bundles import rules
from domain.bundles.tables import Bucket, BucketStatus, Product, ProductStatus
from domain.catalogue.queries import worded
from domain.catalogue.tables import Offering
from domain.kernel.batches import grouped, in_order
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.scope import Scope
from domain.reading import Limits, Wanted, narrowed, shaped
from domain.sims.grouping import in_group
from domain.sims.tables import Sim
from store.session import Session
from store.statements import among

MOST = 50


class SpanRow(msgspec.Struct, frozen=True):
    """A half-open span of time."""

    starts_at: datetime
    ends_at: datetime | None


class BucketRow(msgspec.Struct, frozen=True):
    """A bucket as it is shown: the line it is on, and of the rest what was wanted, as it is stored.

    `name` is in the reader's language, `place` counts the order of use within the line, `status` holds between the dates.
    """

    sim_id: UUID
    if TYPE_CHECKING:
        place: int
        id: UUID
        product_id: UUID | None
        name: str
        usage_type: str
        status: str
        total: int
        remaining: int
        reserved: int
        max_overrun: int
        starts_at: datetime
        ends_at: datetime | None
        as_of: datetime
        source: str


SHOWN = (
    "place", "id", "product_id", "name", "usage_type", "status", "total", "remaining", "reserved", "max_overrun", "starts_at", "ends_at",
    "as_of", "source",
)  # fmt: skip


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
ALIVE: Any = col(Bucket.ends_at).is_(None) | (col(Bucket.ends_at) > bindparam("at"))
USABLE: Any = ALIVE & (col(Bucket.status) == BucketStatus.ACTIVE) & (col(Bucket.starts_at) <= bindparam("at"))
IN_ORDER: Any = (case((USABLE, 0), else_=1), col(Bucket.priority), col(Bucket.id))
"""The order of use on a line: usable ones first, then those that wait."""
LINE_BY_LINE: Any = (col(Bucket.sim_id), *IN_ORDER)
"""That of several lines, as the index has them: sorted line by line, the whole takes PostgreSQL a fifth less than all at once."""
COMPUTED: Any = {
    "name": lambda locale: func.coalesce(worded(Offering.names, locale), text("bundle.main", locale)),
    "place": lambda _: func.row_number().over(partition_by=col(Bucket.sim_id), order_by=IN_ORDER),
}


def _kind(wanted: Wanted) -> type[BucketRow]:
    return narrowed(BucketRow, SHOWN, wanted)


def _buckets(scope: Limits, locale: Locale, wanted: Wanted, *conditions: Any) -> Select[Any]:
    """Buckets in order of use."""
    names = _kind(wanted).__struct_fields__
    columns = [COMPUTED[name](locale) if name in COMPUTED else getattr(Bucket, name) for name in names]
    statement: Select[Any] = (
        select(*columns)
        .select_from(Bucket)
        .where(*conditions)
        .order_by(*LINE_BY_LINE)
    )
    if "name" in names:
        statement = statement.outerjoin(Offering, col(Offering.id) == col(Bucket.offering_id))
    return _limited(statement, scope, Bucket)


def _limited(statement: Select[Any], scope: Limits, table: type[Bucket | Product]) -> Select[Any]:
    """Restricts a statement to a scope; the line is only asked where that reaches a part of an organization, as it alone has a place."""
    if not scope.has_subtrees:
        return scope.limit(statement, col(table.organization_id))
    line = and_(col(Sim.organization_id) == col(table.organization_id), col(Sim.id) == col(table.sim_id))
    return scope.limit(statement.join(Sim, line), col(Sim.organization_id), col(Sim.path), in_group)


def _products(scope: Limits, *conditions: Any) -> Select[Any]:
    return _limited(select(*PRODUCT).where(*conditions), scope, Product)


def _product(row: Any, at: datetime) -> ProductRow:
    id, sim_id, offering_id, order_id, status, starts_at, ends_at, is_renewing, created_at = row
    shown = rules.product_status(status, starts_at, ends_at, at)
    return ProductRow(id, sim_id, offering_id, order_id, shown, SpanRow(starts_at or created_at, ends_at), is_renewing)


@shaped
def _buckets_of_sims(scope: Limits, locale: Locale, wanted: Wanted) -> Select[Any]:
    return _buckets(scope, locale, wanted, among(col(Bucket.sim_id), "sim_ids"), ALIVE)


async def buckets_of_sims(
    session: Session, scope: Scope, sim_ids: Sequence[UUID], *, locale: Locale, at: datetime, wanted: Wanted = None
) -> list[list[BucketRow]]:
    """What each line has left, in order of use, at most 50 each (MI-18, M1-03); one statement for any number of lines."""
    kind, rows = _kind(wanted), await session.rows(_buckets_of_sims(scope, locale, wanted), sim_ids=sim_ids, at=at)
    # by bytes: the hash of an id of PostgreSQL's driver costs four times as much
    found = {sim_id.bytes: list(starmap(kind, islice(own, MOST))) for sim_id, own in groupby(rows, itemgetter(0))}
    return [found.get(sim_id.bytes) or [] for sim_id in sim_ids]


@shaped
def _buckets_of_products(scope: Limits, locale: Locale) -> Select[Any]:
    return _buckets(scope, locale, None, among(col(Bucket.product_id), "product_ids"))


async def buckets_of_products(
    session: Session, scope: Scope, product_ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[list[BucketRow]]:
    """What each product granted, ended ones included."""
    rows = await session.rows(_buckets_of_products(scope, locale), product_ids=product_ids, at=at)
    return grouped(product_ids, ((bucket.product_id, bucket) for bucket in starmap(_kind(None), rows)))


@shaped
def _buckets_by_ids(scope: Limits, locale: Locale) -> Select[Any]:
    asked = among(col(Bucket.id), "ids")
    return _buckets(scope, locale, None, col(Bucket.sim_id).in_(select(Bucket.sim_id).where(asked)), ALIVE | asked)


async def buckets_by_ids(
    session: Session, scope: Scope, ids: Sequence[UUID], *, locale: Locale, at: datetime
) -> list[BucketRow | None]:
    """Buckets in the order asked, null for those out of scope; their place in the order of use counts all of their lines."""
    return in_order(ids, starmap(_kind(None), await session.rows(_buckets_by_ids(scope, locale), ids=ids, at=at)))


@shaped
def _products_of_sims(scope: Limits) -> Select[Any]:
    alive = col(Product.ends_at).is_(None) | (col(Product.ends_at) > bindparam("at"))
    statement = _products(scope, among(col(Product.sim_id), "sim_ids"), col(Product.status) != ProductStatus.TERMINATED, alive)
    return statement.order_by(col(Product.starts_at).nulls_last(), col(Product.created_at), col(Product.id))


async def products_of_sims(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[list[ProductRow]]:
    """What each line has, running and waiting, in order of their starts, at most 50 each."""
    rows = await session.rows(_products_of_sims(scope), sim_ids=sim_ids, at=scope.at)
    return grouped(sim_ids, ((row[1], _product(row, scope.at)) for row in rows), most=MOST)


@shaped
def _products_by_ids(scope: Limits) -> Select[Any]:
    return _products(scope, among(col(Product.id), "ids"))


async def products_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[ProductRow | None]:
    """Products in the order asked, null for those out of scope."""
    return in_order(ids, (_product(row, scope.at) for row in await session.rows(_products_by_ids(scope), ids=ids)))


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
