"""Reading bills and their lines; a bill is authorised by the place that its account had when it was made, a line by its bill."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Select, and_, bindparam, case, cast, func, null
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.tables import Account, CostCentre, Organization, PaymentMode
from domain.billing import preview, rules
from domain.billing.credit import on_credit
from domain.billing.places import billed_on
from domain.billing.states import ISSUED, BillDimension, BillLineKind, BillState
from domain.billing.tables import Bill, BillingBook, BillingTerms, BillLine
from domain.catalogue.queries import vat_rates
from domain.catalogue.rules import rate_at
from domain.kernel.batches import in_order
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money, Price
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import UNIT_OF, FigureSource, Quantity, UsageType
from domain.kernel.scope import Scope
from domain.reading import By, Limits, count, members, names_of, page, shaped
from domain.sims.tables import Sim
from domain.wallet.tables import LedgerAccount
from store.models import table_of
from store.session import Session
from store.statements import Bound, Prepared, among
from store.types import UtcDateTime


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


@dataclass(frozen=True, slots=True)
class BillFilter:
    """Which bills; null is any, but for months: then those of the last six cycles."""

    months: Sequence[JalaliMonth] | None = None
    states: Sequence[BillState] | None = None
    is_overdue: bool | None = None


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines of a bill; null is any."""

    sim_ids: Sequence[UUID] | None = None
    cost_centre_id: UUID | None = None
    kinds: Sequence[BillLineKind] | None = None
    service: UsageType | None = None
    placed_by_id: UUID | None = None


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
NEWEST = (By(col(Bill.ends_at), is_descending=True), By(col(Bill.id), is_descending=True))
NOW = bindparam("now", type_=UtcDateTime)
IS_OVERDUE = and_(col(Bill.amount_due) > 0, col(Bill.due_at) <= NOW, among(col(Bill.state), "issued"))
CONDITIONS: Mapping[str, Any] = {
    "since": col(Bill.month) >= bindparam("since"),
    "months": among(col(Bill.month), "months"),
    "states": among(col(Bill.state), "states"),
    "overdue": IS_OVERDUE,
    "not_overdue": ~IS_OVERDUE,
    "account_id": col(Bill.account_id) == bindparam("account_id"),
    "ids": among(col(Bill.id), "ids"),
}
"""What narrows bills, by the name of the value it compares with."""
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


@shaped
def _bills(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    statement: Select[Any] = select(*BILL).where(*(CONDITIONS[name] for name in given))
    return scope.limit(statement, col(Bill.organization_id), col(Bill.path))


async def bills_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[BillRow | None]:
    """Bills in the order asked, null for those out of scope."""
    return in_order(ids, (bill_row(row, scope.at) for row in await session.rows(_bills(scope, ("ids",)), ids=ids)))


def _of_account(scope: Scope, account_id: UUID, filter: BillFilter) -> Bound:
    if filter.months is not None and len(filter.months) > rules.MOST_MONTHS:
        raise InvalidInput("error.too_many", field=("filter", "months"), most=rules.MOST_MONTHS)
    values = {
        "account_id": account_id,
        "months": [str(month) for month in filter.months] if filter.months is not None else None,
        "since": str(rules.last_cycles(scope.at)) if filter.months is None else None,
        "states": filter.states,
        "overdue": filter.is_overdue or None,
        "not_overdue": filter.is_overdue is False or None,
    }
    return _bills(scope, names_of(values))(**values, now=scope.at, issued=[*ISSUED])


async def bills_page(session: Session, scope: Scope, account_id: UUID, *, filter: BillFilter, window: Window) -> Page[BillRow]:
    """Bills of an account, the newest cycle first; raises `InvalidInput` for more than 24 months."""
    found = await page(session, _of_account(scope, account_id, filter), window, NEWEST, name="bills")
    return found.map(lambda row: bill_row(row, scope.at))


async def bills_count(session: Session, scope: Scope, account_id: UUID, *, filter: BillFilter) -> int:
    """How many bills that is."""
    return await count(session, _of_account(scope, account_id, filter))


@shaped
def _last_bills(scope: Limits) -> Select[Any]:
    other = aliased(Bill)
    newest = select(func.max(other.ends_at)).where(
        col(other.organization_id) == col(Bill.organization_id), col(other.account_id) == col(Bill.account_id),
        among(col(other.state), "issued"),
    )  # fmt: skip
    statement: Select[Any] = select(*BILL).where(
        among(col(Bill.organization_id), "organization_ids"), among(col(Bill.account_id), "ids"),
        col(Bill.ends_at) == newest.correlate(Bill).scalar_subquery(),
    )  # fmt: skip
    return scope.limit(statement, col(Bill.organization_id), col(Bill.path))


async def last_bills(session: Session, scope: Scope, accounts: Sequence[tuple[UUID, UUID]]) -> list[BillRow | None]:
    """The bill last issued to each account, by (organization, account), null before the first or where it is out of scope."""
    given = {"organization_ids": list({id for id, _ in accounts}), "ids": [id for _, id in accounts], "issued": [*ISSUED]}
    found = {row[2]: bill_row(row, scope.at) for row in await session.rows(_last_bills(scope), **given)}
    return [found.get(id) for _, id in accounts]


@shaped
def _standings(scope: Limits) -> Select[Any]:
    columns: Sequence[Any] = (
        Account.id, Account.organization_id, Account.path, Account.depth, BillingTerms.is_billed_here, BillingTerms.cycle_months,
        BillingTerms.due_days, BillingTerms.credit_limit, LedgerAccount.balance,
    )  # fmt: skip
    deposit = and_(
        col(LedgerAccount.organization_id) == col(Account.organization_id), col(LedgerAccount.kind) == "DEPOSIT",
        col(LedgerAccount.owner_id) == col(Account.id),
    )  # fmt: skip
    statement = (
        select(*columns)
        .outerjoin(BillingTerms, col(BillingTerms.account_id) == col(Account.id))
        .outerjoin(LedgerAccount, deposit)
        .where(among(col(Account.id), "ids"), col(Account.payment_mode) == PaymentMode.POSTPAID)
    )
    return scope.limit(statement, col(Account.organization_id), col(Account.path))


async def standings(session: Session, scope: Scope, account_ids: Sequence[UUID]) -> list[StandingRow | None]:
    """What postpaid accounts have, in the order asked; null for prepaid ones and those out of scope."""
    found = {}
    for id, organization_id, path, depth, is_here, months, days, limit, deposit in await session.rows(_standings(scope), ids=account_ids):
        terms = rules.usual_terms(depth) if is_here is None else rules.Terms(is_here, months, days, limit)
        found[id] = StandingRow(
            organization_id, id, path, Money(deposit or 0), Money(terms.credit_limit), terms.cycle_months, terms.due_days,
            terms.is_billed_here,
        )  # fmt: skip
    return [found.get(id) for id in account_ids]


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
        days=quantity if kind == BillLineKind.SUBSCRIPTION else None, price=_price(int(net), int(vat), rate), order_id=order_id, text=text,
        counted_from=counted_from, counted_to=counted_to,
    )  # fmt: skip


def _price(net: int, vat: int, rate: Decimal) -> Price:
    return Price(Money(net), Money(vat), rate)


def line_conditions(lines: Any, given: Sequence[str]) -> list[Any]:
    """What narrows lines, on the columns of wherever they come from."""
    conditions = {
        "sim_ids": among(lines.sim_id, "sim_ids"),
        "cost_centre_id": lines.cost_centre_id == bindparam("cost_centre_id"),
        "kinds": among(lines.kind, "kinds"),
        "service": lines.service == bindparam("service"),
        "placed_by_id": lines.placed_by_id == bindparam("placed_by_id"),
    }
    return [conditions[name] for name in given]


def filter_values(filter: LineFilter) -> dict[str, Any]:
    """The values of a filter by the names of its conditions; raises `InvalidInput` for more than 100 cards."""
    if filter.sim_ids is not None and len(filter.sim_ids) > 100:
        raise InvalidInput("error.too_many", field=("filter", "simIds"), most=100)
    return {
        "sim_ids": filter.sim_ids, "cost_centre_id": filter.cost_centre_id, "kinds": filter.kinds, "service": filter.service,
        "placed_by_id": filter.placed_by_id,
    }  # fmt: skip


_STORED: Any = table_of(BillLine)
MADE_OF = ("by_sim", "starts_at", "kind", "item", "path")
"""What tells lines of a preview apart, and their order."""


@shaped
def _stored(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    columns: Sequence[Any] = [_STORED.c[name] for name in LINE]
    of_bill = (_STORED.c.organization_id == bindparam("organization_id"), _STORED.c.bill_id == bindparam("bill_id"))
    statement: Select[Any] = select(*columns)
    narrowed = statement.join(Bill, col(Bill.id) == _STORED.c.bill_id).where(*of_bill, *line_conditions(_STORED.c, given))
    return scope.limit(narrowed, col(Bill.organization_id), col(Bill.path))


@functools.lru_cache
def _running(rates: preview.Rates) -> Any:
    return preview.lines(rates)


@functools.lru_cache
def _unbilled(rates: preview.Rates, given: tuple[str, ...]) -> Prepared:
    lines = _running(rates).c
    columns: Sequence[Any] = [lines[name] for name in SHOWN]
    statement: Any = select(*columns)
    return Prepared(statement.where(*line_conditions(lines, given)))


async def _lines(session: Session, scope: Scope, bill: BillRow, filter: LineFilter) -> tuple[Bound, tuple[By, ...]]:
    """The lines of a bill, stored or of the running cycle, and their order."""
    values = filter_values(filter)
    if isinstance(bill, BillPreviewRow):
        rates = tuple(await vat_rates(session))
        order = tuple(By(_running(rates).c[name]) for name in MADE_OF)
        return _unbilled(rates, names_of(values))(**values, **_of_preview(bill)), order
    return _stored(scope, names_of(values))(organization_id=bill.organization_id, bill_id=bill.id, **values), (By(_STORED.c.id),)


def _of_preview(bill: BillPreviewRow) -> dict[str, Any]:
    return {"organization_id": bill.organization_id, "paths": list(bill.paths), "since": bill.since}


async def lines_page(session: Session, scope: Scope, bill: BillRow, *, filter: LineFilter, window: Window) -> Page[BillLineRow]:
    """Lines of a bill in scope, card by card; raises `InvalidInput` for more than 100 cards."""
    statement, order = await _lines(session, scope, bill, filter)
    found = await page(session, statement, window, order, name="bill.lines" if len(order) == 1 else "preview.lines")
    if isinstance(bill, BillPreviewRow):
        return found.map(lambda row: _running_row(row, row[-len(order) :], bill))
    return found.map(lambda row: line_row(row, bill.as_of))


def _running_row(row: Any, made_of: Sequence[Any], bill: BillPreviewRow) -> BillLineRow:
    """A line that isn't stored, by the columns of `SHOWN`: its id follows from what it is made of."""
    return line_row((rules.key_of(bill.id, *made_of), bill.organization_id, bill.id, *row[: len(SHOWN)]), bill.as_of)


async def all_lines(session: Session, bill: BillRow) -> list[BillLineRow]:
    """All lines of a bill in scope, whether stored or of the running cycle."""
    if isinstance(bill, BillPreviewRow):
        rates = tuple(await vat_rates(session))
        rows = await session.rows(_all_running(rates)(**_of_preview(bill)))
        return [_running_row(row, row[len(SHOWN) :], bill) for row in rows]
    columns: Sequence[Any] = [_STORED.c[name] for name in LINE]
    statement: Select[Any] = select(*columns).where(_STORED.c.organization_id == bill.organization_id, _STORED.c.bill_id == bill.id)
    return [line_row(row, bill.as_of) for row in await session.rows(statement.order_by(_STORED.c.id))]


@functools.lru_cache
def _all_running(rates: preview.Rates) -> Prepared:
    lines = _running(rates).c
    made_of = [lines[name] for name in MADE_OF]
    columns: Sequence[Any] = [*(lines[name] for name in SHOWN), *(part.label(f"of_{part.key}") for part in made_of)]
    statement: Any = select(*columns)
    return Prepared(statement.order_by(*made_of))


async def lines_count(session: Session, scope: Scope, bill: BillRow, *, filter: LineFilter) -> int:
    """How many lines that is."""
    return await count(session, (await _lines(session, scope, bill, filter))[0])


@shaped
def _lines_by_ids(scope: Limits) -> Select[Any]:
    columns: Sequence[Any] = (*(_STORED.c[name] for name in LINE), Bill.counted_to)
    statement: Select[Any] = select(*columns)
    of_bills = statement.join(Bill, col(Bill.id) == _STORED.c.bill_id).where(among(_STORED.c.id, "ids"))
    return scope.limit(of_bills, col(Bill.organization_id), col(Bill.path))


async def lines_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[BillLineRow | None]:
    """Lines in the order asked, null for those of bills out of scope."""
    return in_order(ids, (line_row(row, row[len(LINE)]) for row in await session.rows(_lines_by_ids(scope), ids=ids)))


MOST_SUMS = 200
MOST_PREVIEWS = 10


def summed(lines: Any, by: BillDimension) -> Select[Any]:
    """The sums of lines (the columns of wherever they come from) by one dimension, largest first: id, code, name, net, tax."""
    none: Any = null()
    of: Mapping[BillDimension, tuple[Any, Any, Any, Any]] = {
        BillDimension.SERVICE: (none, lines.service, none, None),
        BillDimension.KIND: (none, lines.kind, none, None),
        BillDimension.ACCOUNT: (lines.account_id, none, col(Account.number) + " " + col(Account.name), Account),
        BillDimension.SIM: (lines.sim_id, none, func.coalesce(col(Sim.msisdn), col(Sim.iccid)), Sim),
        BillDimension.COST_CENTRE: (lines.cost_centre_id, none, col(CostCentre.code) + " " + col(CostCentre.name), CostCentre),
    }
    id, code, name, table = of[by]
    net, vat = func.sum(lines.net), func.sum(lines.vat)
    columns: Sequence[Any] = (id, code, name, cast(net, BigInteger), cast(vat, BigInteger))
    statement: Select[Any] = select(*columns)
    if table is not None:
        statement = statement.outerjoin(table, col(table.id) == id)
    keys = [part for part in (id, code, name) if part is not none]
    return statement.group_by(*keys).order_by(func.abs(net + vat).desc(), *keys).limit(MOST_SUMS + 1)


SUBJECTS = {BillDimension.ACCOUNT: Kind.ACCOUNT, BillDimension.SIM: Kind.SIM, BillDimension.COST_CENTRE: Kind.COST_CENTRE}


def sum_rows(bill: BillRow, by: BillDimension, rows: Sequence[Any]) -> list[BillSumRow]:
    """The sums as they are shown: at most 200, of which the last takes what is left, so that they add up to the total."""

    def price(net: int, vat: int) -> Price:
        return _price(net, vat, bill.total.vat_rate)

    shown = rows if len(rows) <= MOST_SUMS else rows[: MOST_SUMS - 1]
    sums = [
        BillSumRow(by, code, name, Ref(SUBJECTS[by], id) if id else None, price(int(net), int(vat))) for id, code, name, net, vat in shown
    ]
    if len(rows) > MOST_SUMS:
        net, vat = (sum(getattr(one.total, part).minor for one in sums) for part in ("net", "vat"))
        sums.append(BillSumRow(by, None, None, None, price(bill.total.net.minor - net, bill.total.vat.minor - vat), is_rest=True))
    return sums


@shaped
def _sums_of_bill(scope: Limits, by: BillDimension) -> Select[Any]:
    of_bill = (_STORED.c.organization_id == bindparam("organization_id"), _STORED.c.bill_id == bindparam("bill_id"))
    statement = summed(_STORED.c, by).join(Bill, col(Bill.id) == _STORED.c.bill_id).where(*of_bill)
    return scope.limit(statement, col(Bill.organization_id), col(Bill.path))


@functools.lru_cache
def _sums_of_preview(rates: preview.Rates, by: BillDimension) -> Prepared:
    return Prepared(summed(_running(rates).c, by))


async def summary(session: Session, scope: Scope, bill: BillRow, by: BillDimension) -> list[BillSumRow]:
    """What a bill in scope comes to, split by a dimension."""
    if isinstance(bill, BillPreviewRow):
        statement = _sums_of_preview(tuple(await vat_rates(session)), by)(**_of_preview(bill))
    else:
        statement = _sums_of_bill(scope, by)(organization_id=bill.organization_id, bill_id=bill.id)
    return sum_rows(bill, by, await session.rows(statement))


@functools.lru_cache
def _total_of_preview(rates: preview.Rates) -> Prepared:
    lines = _running(rates).c
    is_bought = lines.transfer_id.is_not(None)
    buyer = case((is_bought, lines.account_id), else_=null())
    columns: Sequence[Any] = (buyer, cast(func.sum(lines.net), BigInteger), cast(func.sum(lines.vat), BigInteger))
    statement: Any = select(*columns)
    return Prepared(statement.group_by(buyer))


async def previews(session: Session, scope: Scope, account_ids: Sequence[UUID]) -> list[BillPreviewRow | None]:
    """The running cycle of postpaid accounts as bills, in the order asked; null for prepaid ones and those out of scope.

    What was bought and isn't on credit counts as paid, as on the bill that will be made. Raises `InvalidInput` for more than 10.
    """
    if len(account_ids) > MOST_PREVIEWS:
        raise InvalidInput("billing.on_lists", most=MOST_PREVIEWS)
    found = await standings(session, scope, account_ids)
    return [await _preview(session, standing, scope.at) if standing else None for standing in found]


async def _preview(session: Session, standing: StandingRow, at: datetime) -> BillPreviewRow:
    organization_id, account_id = standing.organization_id, standing.account_id
    book = await session.get(BillingBook, organization_id)
    first, last = rules.cycle_around(JalaliMonth.of(at), standing.cycle_months)
    rates = tuple(await vat_rates(session))
    paths = tuple(await billed_on(session, organization_id, account_id, at=at))
    since = book.since if book else first.starts_at
    row = BillPreviewRow(
        id=account_id, organization_id=organization_id, account_id=account_id, path=standing.path, month=last,
        period=PeriodRow(first.starts_at, last.ends_at), number=None, tax_number=None, state=BillState.PREVIEW, issued_at=None, due_at=None,
        is_overdue=False, total=_price(0, 0, rate_at(rates, at)), paid=Money(0), amount_due=Money(0),
        as_of=min(book.counted_to, book.accrued_to) if book else first.starts_at, paths=paths, since=since,
    )  # fmt: skip
    sums = await session.rows(_total_of_preview(rates)(**_of_preview(row)))
    net, vat = (sum(int(one[place] or 0) for one in sums) for place in (1, 2))
    bought = {one[0]: int(one[1]) + int(one[2]) for one in sums if one[0] is not None}
    owed = sum(int(one[1]) + int(one[2]) for one in sums if one[0] is None)
    due = max(owed + sum(share[2] for share in await on_credit(session, organization_id, bought)), 0)
    total = _price(net, vat, rate_at(rates, at))
    return msgspec.structs.replace(row, total=total, amount_due=Money(due), paid=total.gross - Money(due))


async def postpaid_organizations(session: Session, legal_id: str | None = None) -> list[tuple[UUID, str]]:
    """Organizations with postpaid accounts, all of them or the one of a national id: id and name, for the operator's own work."""
    columns: Sequence[Any] = (Organization.id, Organization.name)
    postpaid = select(Account.id).where(col(Account.organization_id) == col(Organization.id), _IS_POSTPAID).exists()
    statement: Any = select(*columns).where(postpaid)
    if legal_id is not None:
        statement = statement.where(col(Organization.legal_id) == legal_id)
    return [(row[0], row[1]) for row in await session.execute(statement.order_by(col(Organization.id)))]


_IS_POSTPAID = col(Account.payment_mode) == PaymentMode.POSTPAID


async def held_bills(session: Session, organization_id: UUID, month: JalaliMonth) -> list[UUID]:
    """Bills of a month that are held back for a check."""
    mine = (col(Bill.organization_id) == organization_id, col(Bill.month) == str(month), col(Bill.state) == BillState.ON_HOLD)
    return list(await session.scalars(select(Bill.id).where(*mine).order_by(col(Bill.id))))
