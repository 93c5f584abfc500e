"""Bills as tables for accountants: one row a line, with everything it hangs on by its codes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select
from sqlmodel import col, select

from domain.accounts.tables import Account, CostCentre
from domain.billing.tables import Bill, BillLine
from domain.catalogue.tables import Offering
from domain.kernel.quantity import UNIT_OF
from domain.orders.tables import Order
from domain.sims.tables import Sim

TITLES = (
    "bill_number", "month", "kind", "service", "msisdn", "iccid", "account_number", "cost_centre_code", "starts_at", "ends_at", "quantity",
    "unit", "net", "vat", "vat_rate", "gross", "offering_code", "order_number", "placed_by", "purchase_order_number", "memo", "text",
)  # fmt: skip
_COLUMNS: tuple[Any, ...] = (
    BillLine.id, Bill.number, Bill.month, BillLine.kind, BillLine.service, Sim.msisdn, Sim.iccid, Account.number, CostCentre.code,
    BillLine.starts_at, BillLine.ends_at, BillLine.quantity, BillLine.net, BillLine.vat, BillLine.vat_rate, Offering.code, Order.number,
    Order.by, Order.purchase_order_number, Order.memo, BillLine.text,
)  # fmt: skip


def statement() -> Select[Any]:
    """Lines of bills with what they hang on, the line's id first."""
    lines: Select[Any] = (
        select(*_COLUMNS)
        .select_from(BillLine)
        .join(Bill, col(Bill.id) == col(BillLine.bill_id))
        .join(Account, col(Account.id) == col(BillLine.account_id))
        .outerjoin(Sim, col(Sim.id) == col(BillLine.sim_id))
        .outerjoin(CostCentre, col(CostCentre.id) == col(BillLine.cost_centre_id))
        .outerjoin(Offering, col(Offering.id) == col(BillLine.offering_id))
        .outerjoin(Order, col(Order.id) == col(BillLine.order_id))
    )
    return lines


def row(found: Sequence[Any]) -> Sequence[Any]:
    """A row of the table by a row of the statement; rials as whole numbers, a fee's quantity in days."""
    _, number, month, kind, service, msisdn, iccid, account, centre, starts, ends, quantity, net, vat, rate, *bought = found
    offering, order, by, *rest = bought
    unit = "" if quantity is None else UNIT_OF[service] if service else "DAY"
    return (
        number, month, kind, service, msisdn, iccid, account, centre, starts, ends, quantity, unit, net, vat, str(rate), net + vat,
        offering, order, (by or {}).get("label", ""), *rest,
    )  # fmt: skip
