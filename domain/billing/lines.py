"""Reading the lines of bills, stored or of the running cycle, one by one and summed."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, cast, func, null
from sqlmodel import col, select

from domain.accounts.tables import Account, CostCentre
from domain.billing import preview, rules
from domain.billing.rows import LINE, SHOWN, BillLineRow, BillPreviewRow, BillRow, BillSumRow, line_row, priced
from domain.billing.states import BillDimension, BillLineKind
from domain.billing.tables import Bill, BillLine
from domain.catalogue.queries import vat_rates
from domain.kernel.batches import in_order
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Price
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import UsageType
from domain.kernel.scope import Scope
from domain.reading import By, Limits, count, names_of, page, shaped
from domain.sims.tables import Sim
from store.models import table_of
from store.session import Session
from store.statements import Bound, Prepared, among


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines of a bill; null is any."""

    sim_ids: Sequence[UUID] | None = None
    cost_centre_id: UUID | None = None
    kinds: Sequence[BillLineKind] | None = None
    service: UsageType | None = None
    placed_by_id: UUID | None = None


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
def running(rates: preview.Rates) -> Any:
    """The lines of a running cycle, made once for the same rates of tax."""
    return preview.lines(rates)


@functools.lru_cache
def _unbilled(rates: preview.Rates, given: tuple[str, ...]) -> Prepared:
    lines = running(rates).c
    columns: Sequence[Any] = [lines[name] for name in SHOWN]
    statement: Any = select(*columns)
    return Prepared(statement.where(*line_conditions(lines, given)))


async def _lines(session: Session, scope: Scope, bill: BillRow, filter: LineFilter) -> tuple[Bound, tuple[By, ...]]:
    """The lines of a bill, stored or of the running cycle, and their order."""
    values = filter_values(filter)
    if isinstance(bill, BillPreviewRow):
        rates = tuple(await vat_rates(session))
        order = tuple(By(running(rates).c[name]) for name in MADE_OF)
        return _unbilled(rates, names_of(values))(**values, **of_preview(bill)), order
    return _stored(scope, names_of(values))(organization_id=bill.organization_id, bill_id=bill.id, **values), (By(_STORED.c.id),)


def of_preview(bill: BillPreviewRow) -> dict[str, Any]:
    """The values that the lines of a running cycle are read with."""
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
        rows = await session.rows(_all_running(rates)(**of_preview(bill)))
        return [_running_row(row, row[len(SHOWN) :], bill) for row in rows]
    columns: Sequence[Any] = [_STORED.c[name] for name in LINE]
    statement: Select[Any] = select(*columns).where(_STORED.c.organization_id == bill.organization_id, _STORED.c.bill_id == bill.id)
    return [line_row(row, bill.as_of) for row in await session.rows(statement.order_by(_STORED.c.id))]


@functools.lru_cache
def _all_running(rates: preview.Rates) -> Prepared:
    lines = running(rates).c
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
        return priced(net, vat, bill.total.vat_rate)

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
    return Prepared(summed(running(rates).c, by))


async def summary(session: Session, scope: Scope, bill: BillRow, by: BillDimension) -> list[BillSumRow]:
    """What a bill in scope comes to, split by a dimension."""
    if isinstance(bill, BillPreviewRow):
        statement = _sums_of_preview(tuple(await vat_rates(session)), by)(**of_preview(bill))
    else:
        statement = _sums_of_bill(scope, by)(organization_id=bill.organization_id, bill_id=bill.id)
    return sum_rows(bill, by, await session.rows(statement))
