"""Reading purchases: history, single orders, their items and steps, and what placing and delivering have to know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, func, or_
from sqlmodel import col, select

from domain.files.queries import DocumentRow
from domain.files.tables import File
from domain.kernel.batches import grouped, in_order
from domain.kernel.errors import InvalidInput
from domain.kernel.money import Money, Price
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.plan import Reason
from domain.kernel.scope import ActorRef, Scope
from domain.orders.rules import FINAL, HISTORY
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.reading import By, Limits, count, members, names_of, page, shaped
from domain.sims.grouping import in_group
from domain.sims.tables import GroupMember, Sim, SimStatus
from store.session import Session
from store.statements import Bound, among


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
    job_id: UUID | None


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
    cost_centre_id: UUID | None

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
    Order.receipt_file_id, Order.job_id,
)  # fmt: skip
ITEM: Sequence[Any] = (
    OrderItem.id, OrderItem.order_id, OrderItem.position, OrderItem.offering_id, OrderItem.sim_id, OrderItem.state, OrderItem.net,
    OrderItem.vat, OrderItem.vat_rate, OrderItem.product_id, OrderItem.failure,
)  # fmt: skip


STATES = members(OrderState)


def _for_group(group_id: Any) -> Any:
    return col(Order.group_id) == group_id


def _orders(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*ORDER)
    return scope.limit(statement, col(Order.organization_id), col(Order.path), _for_group)


def _order(row: Any) -> OrderRow:
    id, organization_id, account_id, number, reference, state, by, at, net, vat, vat_rate, refunded, *rest = row[: len(ORDER)]
    price = Price(Money(net), Money(vat), vat_rate)
    return OrderRow(
        id, organization_id, account_id, number, reference, STATES[state], ActorRef.from_json(by), at, price, Money(refunded), *rest
    )


def _item(row: Any) -> OrderItemRow:
    id, order_id, position, offering_id, sim_id, state, net, vat, vat_rate, product_id, failure = row
    return OrderItemRow(
        id, order_id, position, offering_id, sim_id, STATES[state], Price(Money(net), Money(vat), vat_rate), product_id,
        Reason.from_json(failure) if failure else None,
    )  # fmt: skip


NEWEST = (By(col(Order.placed_at), is_descending=True), By(col(Order.id), is_descending=True))
CONDITIONS: Mapping[str, Any] = {
    "placed_from": col(Order.placed_at) >= bindparam("placed_from"),
    "placed_to": col(Order.placed_at) < bindparam("placed_to"),
    "states": among(col(Order.state), "states"),
    "placed_by_id": col(Order.placed_by_id) == bindparam("placed_by_id"),
    "sim_id": col(Order.id).in_(
        select(OrderItem.order_id).where(
            OrderItem.organization_id == bindparam("organization_id"), OrderItem.sim_id == bindparam("sim_id")
        )
    ),
    "reference": or_(
        *(col(column) == bindparam("reference") for column in (Order.number, Order.purchase_order_number, Order.external_reference))
    ),
}
"""What narrows a history, by the name of the value it compares with."""


@shaped
def _narrowed(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    return _orders(scope).where(*(CONDITIONS[name] for name in given))


def _history(scope: Scope, organization_id: UUID, paths: Sequence[str], filter: OrderFilter, at: datetime) -> Bound:
    values = {
        "placed_from": filter.placed_from if filter.is_placed_given else at - HISTORY,
        "placed_to": filter.placed_to,
        "states": filter.states,
        "placed_by_id": filter.placed_by_id,
        "sim_id": filter.sim_id,
        "reference": filter.reference,
    }
    return _narrowed(scope.within(organization_id, *paths), names_of(values))(organization_id=organization_id, **values)


async def orders_page(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    path: str,
    *,
    window: Window,
    filter: OrderFilter = OrderFilter(),
    at: datetime,
    former_paths: Sequence[str] = (),
) -> Page[OrderRow]:
    """Purchases paid at or below an account, wherever that hung, newest first."""
    history = _history(scope, organization_id, (path, *former_paths), filter, at)
    return (await page(session, history, window, NEWEST, name="orders")).map(_order)


async def orders_count(
    session: Session, scope: Scope, organization_id: UUID, path: str, *, filter: OrderFilter = OrderFilter(), at: datetime,
    former_paths: Sequence[str] = (),
) -> int:  # fmt: skip
    """How many purchases that is."""
    return await count(session, _history(scope, organization_id, (path, *former_paths), filter, at))


@shaped
def _orders_by_ids(scope: Limits) -> Select[Any]:
    return _orders(scope).where(among(col(Order.id), "ids"))


async def orders_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[OrderRow | None]:
    """Orders in the order asked, null for those out of scope."""
    return in_order(ids, map(_order, await session.rows(_orders_by_ids(scope), ids=ids)))


@shaped
def _order_by_reference(scope: Limits) -> Select[Any]:
    named = or_(*(col(column) == bindparam("reference") for column in (Order.number, Order.external_reference)))
    return _orders(scope).where(named).order_by(col(Order.placed_at).desc()).limit(1)


async def order_by_reference(session: Session, scope: Scope, reference: str) -> OrderRow | None:
    """The order of a number or of the client's own reference; the newest one where several organizations have it."""
    rows = await session.rows(_order_by_reference(scope), reference=reference)
    return _order(rows[0]) if rows else None


@shaped
def _items_of_orders(scope: Limits) -> Select[Any]:
    return _of_orders(scope, ITEM, OrderItem).where(among(col(Order.id), "ids")).order_by(col(OrderItem.position))


async def items_of_orders(session: Session, scope: Scope, order_ids: Sequence[UUID]) -> list[list[OrderItemRow]]:
    """All items of each order in scope, at most 100 each, in order."""
    return grouped(order_ids, ((row[1], _item(row)) for row in await session.rows(_items_of_orders(scope), ids=order_ids)))


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


@shaped
def _items_of_order(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    statement = _of_orders(scope, ITEM, OrderItem).where(col(OrderItem.order_id) == bindparam("order_id"))
    statement = statement.where(col(OrderItem.organization_id) == bindparam("organization_id"))
    return statement.where(among(col(OrderItem.state), "states")) if "states" in given else statement


def _of_many(scope: Scope, order: OrderRow, states: Sequence[OrderState] | None) -> Bound:
    values = {"organization_id": order.organization_id, "order_id": order.id, "states": states}
    return _items_of_order(scope, names_of({"states": states}))(**{name: values[name] for name in names_of(values)})


async def items_of_many(
    session: Session, scope: Scope, order: OrderRow, window: Window, states: Sequence[OrderState] | None
) -> Page[OrderItemRow]:
    """One window of the items of an order for many, which are too many to be read together."""
    in_order = (By(col(OrderItem.position)),)
    found = await page(session, _of_many(scope, order, states), window, in_order, name="order_items")
    return found.map(lambda row: _item(row[: len(ITEM)]))


async def count_of_many(session: Session, scope: Scope, order: OrderRow, states: Sequence[OrderState] | None) -> int:
    """How many items that is."""
    return await count(session, _of_many(scope, order, states))


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


@shaped
def _items_by_ids(scope: Limits) -> Select[Any]:
    return _of_orders(scope, ITEM, OrderItem).where(among(col(OrderItem.id), "ids"))


async def items_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[OrderItemRow | None]:
    """Items of orders in scope in the order asked."""
    return in_order(ids, map(_item, await session.rows(_items_by_ids(scope), ids=ids)))


@shaped
def _steps_of_orders(scope: Limits) -> Select[Any]:
    columns = (OrderStep.order_id, OrderStep.state, OrderStep.at, OrderStep.by)
    statement = _of_orders(scope, columns, OrderStep).where(among(col(Order.id), "ids"))
    return statement.order_by(col(OrderStep.at), col(OrderStep.id))


async def steps_of_orders(session: Session, scope: Scope, order_ids: Sequence[UUID]) -> list[list[StepRow]]:
    """The steps of each order in scope, oldest first."""
    rows = await session.rows(_steps_of_orders(scope), ids=order_ids)
    return grouped(order_ids, ((id, StepRow(STATES[state], at, ActorRef.from_json(by))) for id, state, at, by in rows))


def _of_orders(scope: Limits, columns: Sequence[Any], table: type[OrderItem] | type[OrderStep]) -> Select[Any]:
    """Rows that hang on orders, by the scope of their orders."""
    joined = and_(col(Order.organization_id) == col(table.organization_id), col(Order.id) == col(table.order_id))
    statement: Select[Any] = select(*columns).join(Order, joined)
    return scope.limit(statement, col(Order.organization_id), col(Order.path), _for_group)


RECEIPT: Sequence[Any] = (File.id, File.name, File.media_type, File.created_at)


@shaped
def _receipts(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*RECEIPT).join(Order, col(Order.receipt_file_id) == col(File.id)).where(among(col(File.id), "ids"))
    return scope.limit(statement, col(Order.organization_id), col(Order.path), _for_group)


async def receipts_by_ids(session: Session, scope: Scope, file_ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Receipts of orders in scope by the ids of their files."""
    return in_order(file_ids, starmap(DocumentRow, await session.rows(_receipts(scope), ids=file_ids)))


async def order_for_update(session: Session, scope: Scope, order_id: UUID) -> Order | None:
    """An order in scope, locked."""
    wanted = select(Order).where(col(Order.id) == order_id)
    statement = scope.limit(wanted, col(Order.organization_id), col(Order.path), _for_group)
    found: Order | None = (await session.scalars(statement.with_for_update().execution_options(populate_existing=True))).one_or_none()
    return found


async def cards_for_update(
    session: Session, scope: Scope, organization_id: UUID, ids: Sequence[UUID], *, locks: bool = True
) -> Mapping[UUID, CardRow]:
    """An organization's cards in scope by id, locked in the order of their ids so that orders for the same line wait for each other."""
    columns: Sequence[Any] = (
        Sim.id, Sim.path, Sim.msisdn, Sim.iccid, Sim.status, Sim.payment_mode, Sim.cost_centre_id,
    )  # fmt: skip
    statement: Select[Any] = select(*columns).where(col(Sim.organization_id) == organization_id, col(Sim.id).in_(ids))
    found = scope.limit(statement, col(Sim.organization_id), col(Sim.path), in_group).order_by(col(Sim.id))
    return {
        row.id: CardRow(row.id, row.path, row.msisdn, row.iccid, SimStatus(row.status), row.payment_mode, row.cost_centre_id)
        for row in await session.execute(found.with_for_update(of=Sim) if locks else found)
    }


async def groups_of_all(session: Session, organization_id: UUID, group_ids: Sequence[UUID], sim_ids: Collection[UUID]) -> list[UUID]:
    """Which of some groups have all of these cards, none when no card is said."""
    of = col(GroupMember.group_id).in_(group_ids), col(GroupMember.sim_id).in_(sim_ids)
    mine = (col(GroupMember.organization_id) == organization_id, *of)
    whole = select(col(GroupMember.group_id)).where(*mine).group_by(col(GroupMember.group_id))
    return list(await session.scalars(whole.having(func.count() == len(sim_ids)).order_by(col(GroupMember.group_id))))


async def items_for_update(session: Session, order: Order, states: Collection[OrderState]) -> list[OrderItem]:
    """The items of an order in some states, in order; the order holds them for whoever holds it."""
    mine = (col(OrderItem.organization_id) == order.organization_id, col(OrderItem.order_id) == order.id)
    wanted = select(OrderItem).where(*mine, col(OrderItem.state).in_(states)).order_by(col(OrderItem.position))
    return list((await session.scalars(wanted.execution_options(populate_existing=True))).all())


async def unfinished_items(
    session: Session, organization_id: UUID, sim_ids: Sequence[UUID], *, but_of: UUID | None = None
) -> Mapping[tuple[UUID, UUID], int]:
    """How many items are on the way for each line, by (line, offering), those of one order apart; absent is none."""
    statement = (
        select(OrderItem.sim_id, OrderItem.offering_id, func.count())
        .where(col(OrderItem.organization_id) == organization_id, col(OrderItem.sim_id).in_(sim_ids))
        .where(col(OrderItem.state).not_in(FINAL), *([col(OrderItem.order_id) != but_of] if but_of else []))
        .group_by(col(OrderItem.sim_id), col(OrderItem.offering_id))
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(statement)}
