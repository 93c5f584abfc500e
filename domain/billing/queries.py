"""Reading bills and running cycles; a bill is authorised by the place that its account had when it was made, a line by its bill."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Select, and_, bindparam, case, cast, func, null
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization, PaymentMode
from domain.billing import preview, rules
from domain.billing.credit import on_credit
from domain.billing.lines import of_preview, running
from domain.billing.places import billed_on
from domain.billing.rows import BILL, BillPreviewRow, BillRow, PeriodRow, StandingRow, bill_row, priced
from domain.billing.states import ISSUED, BillState
from domain.billing.tables import Bill, BillingBook, BillingTerms
from domain.catalogue.queries import vat_rates
from domain.catalogue.rules import rate_at
from domain.kernel.batches import in_order
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.reading import By, Limits, count, names_of, page, shaped
from domain.wallet.tables import LedgerAccount
from store.session import Session
from store.statements import Bound, Prepared, among
from store.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class BillFilter:
    """Which bills; null is any, but for months: then those of the last six cycles."""

    months: Sequence[JalaliMonth] | None = None
    states: Sequence[BillState] | None = None
    is_overdue: bool | None = None


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


MOST_PREVIEWS = 10


@functools.lru_cache
def _total_of_preview(rates: preview.Rates) -> Prepared:
    lines = running(rates).c
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
        is_overdue=False, total=priced(0, 0, rate_at(rates, at)), paid=Money(0), amount_due=Money(0),
        as_of=min(book.counted_to, book.accrued_to) if book else first.starts_at, paths=paths, since=since,
    )  # fmt: skip
    sums = await session.rows(_total_of_preview(rates)(**of_preview(row)))
    net, vat = (sum(int(one[place] or 0) for one in sums) for place in (1, 2))
    bought = {one[0]: int(one[1]) + int(one[2]) for one in sums if one[0] is not None}
    owed = sum(int(one[1]) + int(one[2]) for one in sums if one[0] is None)
    due = max(owed + sum(share[2] for share in await on_credit(session, organization_id, bought)), 0)
    total = priced(net, vat, rate_at(rates, at))
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
