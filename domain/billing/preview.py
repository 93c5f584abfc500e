"""The running cycle as lines of a bill: what is on no bill yet, as it would be billed now; nothing of it is stored."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, String, Subquery, Uuid, and_, bindparam, case, cast, func, literal, null, union_all
from sqlmodel import col, select

from domain.accounts.tables import AccountEdge, PaymentMode
from domain.billing.states import BillLineKind
from domain.billing.tables import BillLine, BillNote, RunningCharge
from domain.kernel.ids import Kind
from domain.orders.tables import Order, OrderItem
from domain.sims.tables import Sim
from domain.wallet.tables import LedgerReason, LedgerTransfer
from store.statements import among
from store.types import DecimalText, UtcDateTime

SCALE = 10_000
"""Rates of tax have four places at most."""
NOBODY = UUID(int=0)
Rates = tuple[tuple[datetime, Decimal], ...]
K = BillLineKind


def lines(rates: Rates) -> Subquery:
    """The lines of a bill that would be made now, of the `organization_id` and the `paths` given, purchases `since` an instant.

    They have the columns of stored lines; `by_sim`, `starts_at`, `kind`, `item` and `path` together are one line's alone.
    """
    return union_all(_charges(rates), _purchases(), _notes()).subquery("running")


def _charges(rates: Rates) -> Select[Any]:
    charge: Any = RunningCharge
    net = col(charge.net) - col(charge.billed_net)
    is_fee = col(charge.kind) == K.SUBSCRIPTION
    there = (col(AccountEdge.organization_id) == col(charge.organization_id), col(AccountEdge.path) == col(charge.path))
    account_id = select(AccountEdge.account_id).where(*there).correlate(charge).limit(1).scalar_subquery()
    mine = (
        col(charge.organization_id) == bindparam("organization_id"), among(col(charge.path), "paths"), net != 0,
        col(Sim.payment_mode) == PaymentMode.POSTPAID,
    )  # fmt: skip
    columns = _columns(
        by_sim=charge.sim_id, item=charge.item, kind=charge.kind, path=charge.path, account_id=account_id,
        sim_id=charge.sim_id, cost_centre_id=Sim.cost_centre_id, service=case((is_fee, null()), else_=col(charge.item)),
        offering_id=case((is_fee, cast(col(charge.item), Uuid())), else_=_none(Uuid())), starts_at=charge.starts_at, ends_at=charge.ends_at,
        quantity=col(charge.quantity) - col(charge.billed_quantity), net=net, vat=_vat(net, rates, col(charge.starts_at)),
        vat_rate=_rate(rates, col(charge.starts_at)), counted_from=charge.billed_to,
    )  # fmt: skip
    statement: Select[Any] = select(*columns)
    return statement.join(Sim, col(Sim.id) == col(charge.sim_id)).where(*mine)


def _purchases() -> Select[Any]:
    transfer, item = LedgerTransfer, OrderItem
    is_refund = col(transfer.reason) == LedgerReason.REFUND
    sign = case((is_refund, -1), else_=1)
    mine = (
        col(transfer.organization_id) == bindparam("organization_id"), col(transfer.posted_at) >= bindparam("since", type_=UtcDateTime),
        is_refund | (col(transfer.reason) == LedgerReason.ORDER), col(transfer.cause_kind) == Kind.ORDER.value,
        col(BillLine.id).is_(None), among(col(Order.path), "paths"),
    )  # fmt: skip
    columns = _columns(
        by_sim=item.sim_id, item=cast(col(transfer.id), String), kind=case((is_refund, K.CREDIT.value), else_=K.ONE_OFF.value),
        path=Order.path, account_id=Order.account_id, sim_id=item.sim_id, cost_centre_id=Sim.cost_centre_id, offering_id=item.offering_id,
        starts_at=transfer.posted_at, ends_at=transfer.posted_at, net=col(item.net) * sign, vat=col(item.vat) * sign,
        vat_rate=item.vat_rate, order_id=Order.id, placed_by_id=Order.placed_by_id, transfer_id=transfer.id,
    )  # fmt: skip
    statement: Select[Any] = select(*columns)
    return paid_items(statement).outerjoin(BillLine, col(BillLine.transfer_id) == col(transfer.id)).where(*mine)


def paid_items(statement: Select[Any]) -> Select[Any]:
    """Joins transfers of orders with the order, the item that each paid for or gave back, and its card."""
    transfer, item = LedgerTransfer, OrderItem
    paid = and_(
        col(item.organization_id) == col(transfer.organization_id), col(item.order_id) == col(Order.id),
        col(item.transfer_id) == func.coalesce(col(transfer.reverses_id), col(transfer.id)),
    )  # fmt: skip
    orders = statement.join(Order, col(Order.id) == col(transfer.cause_id)).join(item, paid)
    return orders.join(Sim, col(Sim.id) == col(item.sim_id))


def _notes() -> Select[Any]:
    note = BillNote
    mine = (
        col(note.organization_id) == bindparam("organization_id"), among(col(note.path), "paths"), col(note.is_booked).is_(False),
        col(BillLine.id).is_(None),
    )  # fmt: skip
    columns = _columns(
        by_sim=func.coalesce(col(note.sim_id), literal(NOBODY, Uuid())), item=cast(col(note.id), String), kind=literal(K.NOTE.value),
        path=note.path, account_id=note.account_id, sim_id=note.sim_id, cost_centre_id=note.cost_centre_id, service=note.service,
        starts_at=note.made_at, ends_at=note.made_at, net=note.net, vat=note.vat, vat_rate=note.vat_rate, text=note.text,
    )  # fmt: skip
    statement: Select[Any] = select(*columns)
    return statement.outerjoin(BillLine, col(BillLine.note_id) == col(note.id)).where(*mine)


def _none(type: Any) -> Any:
    return cast(null(), type)


_NOTHING: dict[str, Any] = {
    "service": String(), "offering_id": Uuid(), "quantity": BigInteger(), "order_id": Uuid(), "placed_by_id": Uuid(), "transfer_id": Uuid(),
    "text": String(), "counted_from": UtcDateTime(),
}  # fmt: skip
"""Columns that not every line has."""
_NAMES = (
    "by_sim", "item", "kind", "path", "account_id", "sim_id", "cost_centre_id", "service", "offering_id", "starts_at", "ends_at",
    "quantity", "net", "vat", "vat_rate", "order_id", "placed_by_id", "transfer_id", "text", "counted_from",
)  # fmt: skip


def _columns(**given: Any) -> list[Any]:
    """The columns of a line in their order, those not given empty."""
    whole = {name: _none(type) for name, type in _NOTHING.items()} | given
    return [whole[name].label(name) for name in _NAMES]


def _rate(rates: Rates, at: Any) -> Any:
    """The rate that holds at an instant."""
    return _by_time(rates, at, lambda rate: literal(rate, DecimalText()))


def _vat(net: Any, rates: Rates, at: Any) -> Any:
    """Tax on a net amount, rounded half up to whole rials as `taxed` does; whole numbers alone, the same on both engines."""
    parts = net * _by_time(rates, at, lambda rate: literal(int(rate * SCALE), BigInteger()))
    whole = 100 * SCALE
    return (parts + case((net < 0, -whole // 2), else_=whole // 2)) // whole


def _by_time(rates: Rates, at: Any, value: Any) -> Any:
    newest_first = sorted(rates, reverse=True)
    return case(*((at >= literal(since, UtcDateTime()), value(rate)) for since, rate in newest_first), else_=value(newest_first[-1][1]))
