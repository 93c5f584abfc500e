"""Bills, their lines and sums as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.billing.states import BillDimension, BillLineKind, BillState
from domain.billing.tables import Bill
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Ref
from domain.kernel.money import Money, Price
from domain.kernel.quantity import UNIT_OF, FigureSource, Quantity, UsageType
from domain.reading import members


class PeriodRow(msgspec.Struct, frozen=True):
    """A half-open span of time."""

    starts_at: datetime
    ends_at: datetime | None


class StandingRow(msgspec.Struct, frozen=True):
    """What only a postpaid account has, as it is shown; terms that nobody set are the usual ones."""

    organization_id: UUID
    account_id: UUID
    path: str
    deposit: Money
    credit_limit: Money
    cycle_months: int
    due_days: int
    is_billed_here: bool


class BillRow(msgspec.Struct, frozen=True):
    """A bill, as it is shown."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    path: str
    month: JalaliMonth
    period: PeriodRow
    number: str | None
    tax_number: str | None
    state: BillState
    issued_at: datetime | None
    due_at: datetime | None
    is_overdue: bool
    total: Price
    paid: Money
    amount_due: Money
    as_of: datetime
    source: FigureSource = FigureSource.BILLING


class BillPreviewRow(BillRow, frozen=True):
    """The running cycle of an account as a bill, by the account's id; `paths` are the places billed on it, `since` is from when."""

    paths: tuple[str, ...] = ()
    since: datetime | None = None


class BillLineRow(msgspec.Struct, frozen=True):
    """A line of a bill, as it is shown; usage behind it came in after `counted_from` and up to `counted_to`."""

    id: UUID
    organization_id: UUID
    bill_id: UUID
    kind: BillLineKind
    path: str
    account_id: UUID
    sim_id: UUID | None
    cost_centre_id: UUID | None
    service: UsageType | None
    offering_id: UUID | None
    period: PeriodRow
    quantity: Quantity | None
    days: int | None
    price: Price
    order_id: UUID | None
    text: str | None
    counted_from: datetime | None
    counted_to: datetime


class BillSumRow(msgspec.Struct, frozen=True):
    """What a bill comes to for one value of a dimension: named by a code where the value is one, by people otherwise.

    Both are null for what has no such value, `is_rest` marks all that isn't shown one by one.
    """

    by: BillDimension
    code: str | None
    name: str | None
    subject: Ref | None
    total: Price
    is_rest: bool = False


BILL: Sequence[Any] = (
    Bill.id, Bill.organization_id, Bill.account_id, Bill.path, Bill.month, Bill.starts_at, Bill.ends_at, Bill.number, Bill.tax_number,
    Bill.state, Bill.issued_at, Bill.due_at, Bill.net, Bill.vat, Bill.vat_rate, Bill.paid, Bill.amount_due, Bill.counted_to,
)  # fmt: skip
SHOWN = (
    "kind", "path", "account_id", "sim_id", "cost_centre_id", "service", "offering_id", "starts_at", "ends_at", "quantity", "net", "vat",
    "vat_rate", "order_id", "text", "counted_from",
)  # fmt: skip
LINE = ("id", "organization_id", "bill_id", *SHOWN)
"""What is read of a line."""
STATES, KINDS, SERVICES = members(BillState), members(BillLineKind), members(UsageType)


def bill_row(row: Any, at: datetime) -> BillRow:
    """A bill by its columns, as it stands at an instant."""
    id, organization_id, account_id, path, month, starts, ends, *rest = row
    number, tax_number, state, issued, due, net, vat, rate, paid, open, to, *_ = rest
    return BillRow(
        id=id, organization_id=organization_id, account_id=account_id, path=path, month=JalaliMonth.parse(month),
        period=PeriodRow(starts, ends), number=number, tax_number=tax_number, state=STATES[state], issued_at=issued, due_at=due,
        is_overdue=open > 0 and due is not None and due <= at, total=Price(Money(net), Money(vat), rate), paid=Money(paid),
        amount_due=Money(open), as_of=to,
    )  # fmt: skip


def line_row(row: Any, counted_to: datetime) -> BillLineRow:
    """A line by the columns of `LINE`, of a bill with what came in up to an instant."""
    (
        id, organization_id, bill_id, kind, path, account_id, sim_id, centre_id, service, offering_id, starts, ends, quantity, net, vat,
        rate, order_id, text, counted_from, *_,
    ) = row  # fmt: skip
    of = SERVICES[service]
    return BillLineRow(
        id=id, organization_id=organization_id, bill_id=bill_id, kind=KINDS[kind], path=path, account_id=account_id, sim_id=sim_id,
        cost_centre_id=centre_id, service=of, offering_id=offering_id, period=PeriodRow(starts, ends),
        quantity=Quantity(quantity, UNIT_OF[of]) if of is not None and quantity is not None else None,
        days=quantity if kind == BillLineKind.SUBSCRIPTION else None, price=priced(int(net), int(vat), rate), order_id=order_id, text=text,
        counted_from=counted_from, counted_to=counted_to,
    )  # fmt: skip


def priced(net: int, vat: int, rate: Decimal) -> Price:
    """A price by minor units and its rate of tax."""
    return Price(Money(net), Money(vat), rate)
