"""The fleet page on strawberry as its documentation teaches: typed classes, an ORM behind resolvers, data loaders for what hangs on a row.

It checks no token and no scope.
"""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, NewType
from uuid import UUID

import strawberry
from sqlalchemy import func, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import col, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from bench.opaque import ACCOUNT, SIM, cursor, global_id, id_of, place_of
from domain.accounts.tables import Account as AccountTable
from domain.accounts.tables import PaymentMode
from domain.bundles.tables import Bucket as BucketTable
from domain.bundles.tables import BucketStatus
from domain.catalogue.tables import Offering
from domain.kernel.money import Currency
from domain.kernel.quantity import UNIT_OF, FigureSource, Unit, UsageType
from domain.kernel.scope import path_end
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.tables import Sim as SimTable

POOL = 10
LANGUAGE = "FA"
MSISDN = NewType("MSISDN", str)
ICCID = NewType("ICCID", str)
SCALARS: Any = {
    MSISDN: strawberry.scalar(name="MSISDN", serialize=str),
    ICCID: strawberry.scalar(name="ICCID", serialize=str),
    datetime: strawberry.scalar(
        name="DateTime", serialize=lambda instant: instant.isoformat().replace("+00:00", "Z"), parse_value=datetime.fromisoformat
    ),
}
for kind in (Currency, FigureSource, PaymentMode, SimStatus, SimStatusReason, Unit):
    if not hasattr(kind, "__strawberry_definition__"):
        strawberry.enum(kind)

session: async_sessionmaker[AsyncSession] = async_sessionmaker(expire_on_commit=False)


@strawberry.enum
class SimSortKey(StrEnum):
    """What cards are sorted by."""

    MSISDN = "MSISDN"
    HOLDER = "HOLDER"
    STATUS = "STATUS"
    CURRENT_CHARGE = "CURRENT_CHARGE"
    DEBT = "DEBT"
    DATA_REMAINING = "DATA_REMAINING"
    LAST_USAGE_AT = "LAST_USAGE_AT"
    VALID_UNTIL = "VALID_UNTIL"


@strawberry.enum
class SortDirection(StrEnum):
    """Up or down."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.input
class SimSortInput:
    """An order."""

    key: SimSortKey = SimSortKey.MSISDN
    direction: SortDirection = SortDirection.ASC


@strawberry.input
class SimFilterInput:
    """Which cards."""

    account_id: strawberry.ID | None = None
    statuses: list[SimStatus] | None = None
    payment_mode: PaymentMode | None = None
    plan_ids: list[strawberry.ID] | None = None
    tags: list[str] | None = None
    cost_centre_ids: list[strawberry.ID] | None = None
    idle_since: datetime | None = None
    bucket_ends_before: datetime | None = None
    has_debt: bool | None = None


@strawberry.type
class Money:
    """Rials."""

    amount: Decimal
    currency: Currency = Currency.IRR

    @classmethod
    def of(cls, minor: int | None) -> "Money | None":
        """An amount, if there is one."""
        return None if minor is None else cls(amount=Decimal(minor))


@strawberry.type
class Quantity:
    """A number of units."""

    amount: Decimal
    unit: Unit


@strawberry.type
class Period:
    """Until when."""

    ends_at: datetime | None


@strawberry.type
class Holder:
    """Who carries a card."""

    name: str


@strawberry.type
class ProductOffering:
    """What is sold."""

    name: str


@strawberry.type
class SimFigures:
    """The five figures."""

    remaining_credit_limit: Money | None
    balance: Money | None
    debt: Money | None
    current_charge: Money | None
    payable: Money | None
    as_of: datetime
    source: FigureSource

    @classmethod
    def of(cls, row: SimTable) -> "SimFigures":
        """From a card's row."""
        due = None if row.debt is None or row.current_charge is None else row.debt + row.current_charge
        return cls(
            remaining_credit_limit=Money.of(None if due is None or row.credit_limit is None else row.credit_limit - due),
            balance=Money.of(row.balance),
            debt=Money.of(row.debt),
            current_charge=Money.of(row.current_charge),
            payable=Money.of(due),
            as_of=row.figures_at,
            source=FigureSource(row.figures_source),
        )


@strawberry.type
class Bucket:
    """What is left of a grant."""

    remaining: Quantity
    total: Quantity
    valid_for: Period
    offering_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def name(self, info: strawberry.Info) -> str:
        """Its offering's."""
        offering = await info.context["offerings"].load(self.offering_id) if self.offering_id else None
        return name_of(offering) if offering else main_balance()

    @classmethod
    def of(cls, row: BucketTable) -> "Bucket":
        """From its row."""
        unit = UNIT_OF[UsageType(row.usage_type)]
        return cls(
            remaining=Quantity(amount=Decimal(row.remaining), unit=unit),
            total=Quantity(amount=Decimal(row.total), unit=unit),
            valid_for=Period(ends_at=row.ends_at),
            offering_id=row.offering_id,
        )


@strawberry.type
class Sim:
    """A card."""

    id: strawberry.ID
    msisdn: MSISDN | None
    iccid: ICCID
    status: SimStatus
    status_reason: SimStatusReason | None
    holder: Holder | None
    last_usage_at: datetime | None
    figures: SimFigures
    key: strawberry.Private[UUID]
    organization_id: strawberry.Private[UUID]
    plan_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def plan(self, info: strawberry.Info) -> ProductOffering | None:
        """Loaded together with those of the other cards."""
        offering = await info.context["offerings"].load(self.plan_id) if self.plan_id else None
        return ProductOffering(name=name_of(offering)) if offering else None

    @strawberry.field
    async def buckets(self, info: strawberry.Info) -> list[Bucket]:
        """Loaded together with those of the other cards."""
        return [Bucket.of(row) for row in await info.context["buckets"].load((self.organization_id, self.key))]

    @classmethod
    def of(cls, row: SimTable) -> "Sim":
        """From its row."""
        return cls(
            id=strawberry.ID(global_id(SIM, row.id)),
            msisdn=MSISDN(row.msisdn) if row.msisdn else None,
            iccid=ICCID(row.iccid),
            status=SimStatus(row.status),
            status_reason=SimStatusReason(row.status_reason) if row.status_reason else None,
            holder=Holder(name=row.holder_name) if row.holder_name else None,
            last_usage_at=row.last_usage_at,
            figures=SimFigures.of(row),
            key=row.id,
            organization_id=row.organization_id,
            plan_id=row.plan_id,
        )


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class SimEdge:
    """A card with its place."""

    cursor: str
    node: Sim


@strawberry.type
class SimConnection:
    """A page."""

    page_info: PageInfo
    edges: list[SimEdge]
    path: strawberry.Private[str]
    organization_id: strawberry.Private[UUID]

    @strawberry.field
    async def total_count(self) -> int:
        """All cards."""
        async with session() as database:
            return (await database.scalars(select(func.count()).where(*below(self.organization_id, self.path)))).one()


@strawberry.type
class Account:
    """A node of the tree."""

    id: strawberry.ID
    name: str
    path: strawberry.Private[str]
    organization_id: strawberry.Private[UUID]

    @strawberry.field
    async def sims(
        self,
        first: int | None = None,
        after: str | None = None,
        filter: SimFilterInput | None = None,
        sort: SimSortInput | None = None,
        search: str | None = None,
    ) -> SimConnection:
        """One page by number."""
        count, number = first or 50, col(SimTable.by_msisdn)
        statement = select(SimTable).where(*below(self.organization_id, self.path))
        if after:
            msisdn, id = place_of(after)
            statement = statement.where(number >= msisdn, tuple_(number, col(SimTable.id)) > (msisdn, id))
        async with session() as database:
            rows = (await database.scalars(statement.order_by(number, col(SimTable.id)).limit(count + 1))).all()
        edges = [SimEdge(cursor=cursor(row.msisdn, row.id), node=Sim.of(row)) for row in rows[:count]]
        page = PageInfo(has_next_page=len(rows) > count, end_cursor=edges[-1].cursor if edges else None)
        return SimConnection(page_info=page, edges=edges, path=self.path, organization_id=self.organization_id)


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    async def account(self, id: strawberry.ID) -> Account | None:
        """An account."""
        async with session() as database:
            row = await database.get(AccountTable, id_of(id))
        if row is None:
            return None
        return Account(id=strawberry.ID(global_id(ACCOUNT, row.id)), name=row.name, path=row.path, organization_id=row.organization_id)


def below(organization_id: UUID, path: str) -> tuple[Any, ...]:
    """The conditions of a subtree's cards."""
    return SimTable.organization_id == organization_id, col(SimTable.path) >= path, col(SimTable.path) < path_end(path)


@cache
def main_balance() -> str:
    """What a bucket of no offering is called."""
    return str(json.loads(os.environ["BENCH_MAIN"])[LANGUAGE])


def name_of(offering: Offering) -> str:
    """Its name in the reader's language."""
    return offering.names.get(LANGUAGE) or offering.names["EN"]


async def load_offerings(ids: Sequence[UUID]) -> list[Offering | None]:
    """Offerings in the order asked."""
    async with session() as database:
        found = {row.id: row for row in await database.scalars(select(Offering).where(col(Offering.id).in_(ids)))}
    return [found.get(id) for id in ids]


async def load_buckets(keys: Sequence[tuple[UUID, UUID]]) -> list[list[BucketTable]]:
    """Buckets of cards, given by organization and id, in order of use."""
    found: dict[UUID, list[BucketTable]] = {id: [] for _, id in keys}
    now = datetime.now(UTC)
    here = (col(BucketTable.organization_id).in_({organization_id for organization_id, _ in keys}), col(BucketTable.sim_id).in_(found))
    alive = col(BucketTable.ends_at).is_(None) | (col(BucketTable.ends_at) > now)
    waits = (col(BucketTable.status) != BucketStatus.ACTIVE) | (col(BucketTable.starts_at) > now)
    ordered = select(BucketTable).where(*here, alive).order_by(waits, col(BucketTable.priority), col(BucketTable.id))
    async with session() as database:
        for row in await database.scalars(ordered):
            found[row.sim_id].append(row)
    return [found[id] for _, id in keys]


class Endpoint(GraphQL[Any, Any]):
    """strawberry's own, with loaders that live as long as a request."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """The loaders."""
        return {"offerings": DataLoader(load_fn=load_offerings), "buckets": DataLoader(load_fn=load_buckets)}


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Keeps the engine open."""
    engine = create_async_engine(os.environ["SIMURGH_DATABASE_URL"], pool_size=POOL, max_overflow=0)
    session.configure(bind=engine)
    yield
    await engine.dispose()


def app() -> Starlette:
    """The application, for uvicorn's `--factory`."""
    schema = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
    return Starlette(routes=[Route("/graphql", Endpoint(schema))], lifespan=lifespan)
