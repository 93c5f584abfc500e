"""Reading purchases: history, single orders, their items and steps, and what placing and delivering have to know."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, func, or_
from sqlmodel import col, select

from domain.files.queries import DocumentRow
from domain.files.tables import File
from domain.kernel.errors import InvalidInput
from domain.kernel.money import Money, Price
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.plan import Reason
from domain.kernel.scope import ActorRef, Scope
from domain.orders.rules import FINAL, HISTORY
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.reading import By, count, page, under
from domain.sims.tables import Sim, SimStatus
from store.session import Session


class OrderRow(msgspec.Struct, frozen=True):
    """An order as it is shown."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    number: str
    external_reference: str | None
    state: OrderState
    placed_by: ActorRef
    placed_at: datetime
    price: Price
    refunded: Money
    purchase_order_number: str | None
    memo: str | None
    receipt_emails: list[str]
    receipt_file_id: UUID | None


class OrderItemRow(msgspec.Struct, frozen=True):
    """One target of an order as it is shown."""

    id: UUID
    order_id: UUID
    position: int
    offering_id: UUID
    sim_id: UUID
    state: OrderState
    price: Price
    product_id: UUID | None
    failure: Reason | None


class StepRow(msgspec.Struct, frozen=True):
    """A step of an order."""

    state: OrderState
    at: datetime
    by: ActorRef


class CardRow(msgspec.Struct, frozen=True):
    """A SIM card as placing sees it."""

    id: UUID
    path: str
    msisdn: str | None
    iccid: str
    status: SimStatus
    payment_mode: str

    @property
    def label(self) -> str:
        """What people call it."""
        return self.msisdn or self.iccid


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; all given conditions hold. Without `placed_from` and `placed_to` those of the last 15 days (MI-43)."""

    is_placed_given: bool = False
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    states: Sequence[OrderState] | None = None
    placed_by_id: UUID | None = None
    sim_id: UUID | None = None
    reference: str | None = None


ORDER: Sequence[Any] = (
    Order.id, Order.organization_id, Order.account_id, Order.number, Order.external_reference, Order.state, Order.by, Order.placed_at,
    Order.net, Order.vat, Order.vat_rate, Order.refunded, Order.purchase_order_number, Order.memo, Order.receipt_emails,
    Order.receipt_file_id,
)  # fmt: skip
ITEM: Sequence[Any] = (
    OrderItem.id, OrderItem.order_id, OrderItem.position, OrderItem.offering_id, OrderItem.sim_id, OrderItem.state, OrderItem.net,
    OrderItem.vat, OrderItem.vat_rate, OrderItem.product_id, OrderItem.failure,
)  # fmt: skip


def _orders(scope: Scope) -> Select[Any]:
    statement: Select[Any] = select(*ORDER)
    return scope.limit(statement, col(Order.organization_id), col(Order.path))


def _order(row: Any) -> OrderRow:
    return OrderRow(
        row.id, row.organization_id, row.account_id, row.number, row.external_reference, OrderState(row.state), ActorRef.from_json(row.by),
        row.placed_at, Price(Money(row.net), Money(row.vat), row.vat_rate), Money(row.refunded), row.purchase_order_number, row.memo,
        row.receipt_emails, row.receipt_file_id,
    )  # fmt: skip


def _item(row: Any) -> OrderItemRow:
    return OrderItemRow(
        row.id, row.order_id, row.position, row.offering_id, row.sim_id, OrderState(row.state),
        Price(Money(row.net), Money(row.vat), row.vat_rate), row.product_id, Reason.from_json(row.failure) if row.failure else None,
    )  # fmt: skip


def _history(scope: Scope, organization_id: UUID, path: str, filter: OrderFilter, at: datetime) -> Select[Any]:
    statement = _orders(scope).where(col(Order.organization_id) == organization_id, under(col(Order.path), path))
    placed_from = filter.placed_from if filter.is_placed_given else at - HISTORY
    if placed_from is not None:
        statement = statement.where(col(Order.placed_at) >= placed_from)
    if filter.placed_to is not None:
        statement = statement.where(col(Order.placed_at) < filter.placed_to)
    if filter.states is not None:
        statement = statement.where(col(Order.state).in_(filter.states))
    if filter.placed_by_id is not None:
        statement = statement.where(col(Order.placed_by_id) == filter.placed_by_id)
    if filter.sim_id is not None:
        bought = select(OrderItem.order_id).where(OrderItem.organization_id == organization_id, OrderItem.sim_id == filter.sim_id)
        statement = statement.where(col(Order.id).in_(bought))
    if filter.reference is not None:
        columns = (Order.number, Order.purchase_order_number, Order.external_reference)
        statement = statement.where(or_(*(col(column) == filter.reference for column in columns)))
    return statement


async def orders_page(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    path: str,
    *,
    window: Window,
    filter: OrderFilter = OrderFilter(),
    at: datetime,
) -> Page[OrderRow]:
    """Purchases paid at or below an account's path, newest first."""
    order = [By(col(Order.placed_at), True), By(col(Order.id), True)]
    return (await page(session, _history(scope, organization_id, path, filter, at), window, order, name="orders")).map(_order)


async def orders_count(
    session: Session, scope: Scope, organization_id: UUID, path: str, *, filter: OrderFilter = OrderFilter(), at: datetime
) -> int:
    """How many purchases that is."""
    return await count(session, _history(scope, organization_id, path, filter, at).with_only_columns(col(Order.id)))


async def orders_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[OrderRow | None]:
    """Orders in the order asked, null for those out of scope."""
    found = {row.id: _order(row) for row in await session.execute(_orders(scope).where(col(Order.id).in_(ids)))}
    return [found.get(id) for id in ids]


async def order_by_reference(session: Session, scope: Scope, reference: str) -> OrderRow | None:
    """The order of a number or of the client's own reference; the newest one where several organizations have it."""
    named = or_(col(Order.number) == reference, col(Order.external_reference) == reference)
    row = (await session.execute(_orders(scope).where(named).order_by(col(Order.placed_at).desc()).limit(1))).first()
    return _order(row) if row else None


async def items_of_orders(session: Session, scope: Scope, order_ids: Sequence[UUID]) -> list[list[OrderItemRow]]:
    """All items of each order in scope, at most 100 each, in order."""
    statement = _of_orders(scope, ITEM, OrderItem).where(col(OrderItem.order_id).in_(order_ids)).order_by(col(OrderItem.position))
    found: dict[UUID, list[OrderItemRow]] = defaultdict(list)
    for row in await session.execute(statement):
        found[row.order_id].append(_item(row))
    return [found[order_id] for order_id in order_ids]


def items_page(rows: Sequence[OrderItemRow], window: Window) -> Page[OrderItemRow]:
    """One window of an order's items, which were read together."""
    place = _place(window)
    if window.is_backward:
        within = [row for row in rows if place is None or row.position < place]
        shown = within[-window.count :]
    else:
        within = [row for row in rows if place is None or row.position > place]
        shown = within[: window.count]
    is_cut, came_from = len(within) > len(shown), place is not None
    has_next, has_previous = (came_from, is_cut) if window.is_backward else (is_cut, came_from)
    return Page(shown, [cursor_of("order_items", [row.position]) for row in shown], has_next, has_previous)


def _place(window: Window) -> int | None:
    """The position in a window's cursor."""
    if window.cursor is None:
        return None
    field = "before" if window.is_backward else "after"
    match key_of("order_items", window.cursor, field):
        case (int() as position,):
            return position
        case _:
            raise InvalidInput("error.cursor", field=(field,))


async def items_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[OrderItemRow | None]:
    """Items of orders in scope in the order asked."""
    found = {row.id: _item(row) for row in await session.execute(_of_orders(scope, ITEM, OrderItem).where(col(OrderItem.id).in_(ids)))}
    return [found.get(id) for id in ids]


async def steps_of_orders(session: Session, scope: Scope, order_ids: Sequence[UUID]) -> list[list[StepRow]]:
    """The steps of each order in scope, oldest first."""
    columns = (OrderStep.order_id, OrderStep.state, OrderStep.at, OrderStep.by)
    statement = _of_orders(scope, columns, OrderStep).where(col(OrderStep.order_id).in_(order_ids))
    found: dict[UUID, list[StepRow]] = defaultdict(list)
    for row in await session.execute(statement.order_by(col(OrderStep.at), col(OrderStep.id))):
        found[row.order_id].append(StepRow(OrderState(row.state), row.at, ActorRef.from_json(row.by)))
    return [found[order_id] for order_id in order_ids]


def _of_orders(scope: Scope, columns: Sequence[Any], table: type[OrderItem] | type[OrderStep]) -> Select[Any]:
    """Rows that hang on orders, by the scope of their orders."""
    joined = and_(col(Order.organization_id) == col(table.organization_id), col(Order.id) == col(table.order_id))
    statement: Select[Any] = select(*columns).join(Order, joined)
    return scope.limit(statement, col(Order.organization_id), col(Order.path))


async def receipts_by_ids(session: Session, scope: Scope, file_ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Receipts of orders in scope by the ids of their files, without their content."""
    found = {row[0]: DocumentRow(*row) for row in await session.execute(_receipts(scope, file_ids))}
    return [found.get(id) for id in file_ids]


async def receipt_content(session: Session, scope: Scope, file_id: UUID) -> tuple[DocumentRow, bytes] | None:
    """A receipt of an order in scope with its content."""
    row = (await session.execute(_receipts(scope, [file_id]).add_columns(col(File.content)))).first()
    return (DocumentRow(*row[:4]), row[4]) if row else None


def _receipts(scope: Scope, file_ids: Sequence[UUID]) -> Select[Any]:
    columns: Sequence[Any] = (File.id, File.name, File.media_type, File.created_at)
    statement: Select[Any] = select(*columns).join(Order, col(Order.receipt_file_id) == col(File.id)).where(col(File.id).in_(file_ids))
    return scope.limit(statement, col(Order.organization_id), col(Order.path))


async def order_for_update(session: Session, scope: Scope, order_id: UUID) -> Order | None:
    """An order in scope, locked."""
    statement = scope.limit(select(Order).where(col(Order.id) == order_id), col(Order.organization_id), col(Order.path))
    found: Order | None = (await session.scalars(statement.with_for_update().execution_options(populate_existing=True))).one_or_none()
    return found


async def cards_for_update(session: Session, scope: Scope, organization_id: UUID, ids: Sequence[UUID]) -> Mapping[UUID, CardRow]:
    """An organization's cards in scope by id, locked in the order of their ids so that orders for the same line wait for each other."""
    columns: Sequence[Any] = (Sim.id, Sim.path, Sim.msisdn, Sim.iccid, Sim.status, Sim.payment_mode)
    statement: Select[Any] = select(*columns).where(col(Sim.organization_id) == organization_id, col(Sim.id).in_(ids))
    locked = scope.limit(statement, col(Sim.organization_id), col(Sim.path)).order_by(col(Sim.id)).with_for_update(of=Sim)
    return {
        row.id: CardRow(row.id, row.path, row.msisdn, row.iccid, SimStatus(row.status), row.payment_mode)
        for row in await session.execute(locked)
    }


async def unfinished_items(session: Session, organization_id: UUID, sim_ids: Sequence[UUID]) -> Mapping[tuple[UUID, UUID], int]:
    """How many items are on the way for each line, by (line, offering); absent is none."""
    statement = (
        select(OrderItem.sim_id, OrderItem.offering_id, func.count())
        .where(col(OrderItem.organization_id) == organization_id, col(OrderItem.sim_id).in_(sim_ids))
        .where(col(OrderItem.state).not_in(FINAL))
        .group_by(col(OrderItem.sim_id), col(OrderItem.offering_id))
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(statement)}
