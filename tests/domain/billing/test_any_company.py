"""Any company's bills: nothing lost or doubled, each rial where it arose, whole however often the run was cut, and closed for good."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from sqlalchemy import func
from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.billing import lines as bill_lines
from domain.billing import queries, rules, running
from domain.billing.explaining import booked_by, usage_behind
from domain.billing.running import Wish, run
from domain.billing.states import ISSUED, BillDimension, BillLineKind, BillState
from domain.billing.tables import Bill, BillLine, RunningCharge
from domain.kernel.calendar import JalaliMonth, start_of
from domain.kernel.money import Money, taxed
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import system_scope
from domain.sims.tables import Sim
from domain.wallet.proof import prove
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason, LedgerTransfer
from store.session import Database
from tests.domain.billing.companies import MONTHS, RATES, Company, draw_company, wish_for

COMPANIES = int(os.environ.get("SIMURGH_BILLED_COMPANIES", "8"))
"""So many companies are tried on each engine; a longer run is asked for by the environment."""


class Cut(Exception):
    """What a `kill -9` looks like from inside: nothing after it happens."""


async def bill_with_cuts(database: Database, wish: Wish, draw: Random, monkeypatch: pytest.MonkeyPatch) -> int:
    """A run that is killed in the middle of transactions and between them, and gone on with; returns how often it was."""
    cuts = draw.randint(0, 3)
    insert = running.insert_all

    async def dying(*given: Any, **named: Any) -> None:
        await insert(*given, **named)
        if draw.random() < 0.4:
            raise Cut

    for _ in range(cuts):
        steps = draw.randint(0, 5)
        with monkeypatch.context() as patch:
            patch.setattr(running, "insert_all", dying)
            patch.setattr(running, "AT_ONCE", draw.randint(10, 30))
            try:
                async for _ in run(database, wish):
                    steps -= 1
                    if steps < 0:
                        break
            except Cut:
                pass
    async for _ in run(database, wish):
        pass
    return cuts


def expected_net(company: Company, runs: Mapping[JalaliMonth, datetime]) -> dict[tuple[UUID, JalaliMonth, BillLineKind], int]:
    """What bills have to come to without tax, record by record and day by day: (account, month, kind)."""
    found: dict[tuple[UUID, JalaliMonth, BillLineKind], int] = defaultdict(int)
    postpaid = {sim.id for sim in company.sims if sim.payment_mode == PaymentMode.POSTPAID}

    def billed(path: str, at: datetime, came_in: datetime) -> tuple[UUID, JalaliMonth] | None:
        """The bill that something is on: the first that closes after it, once it was there."""
        place = rules.billed_at(path, company.places, company.terms)
        if place is None:
            return None
        account = company.places[place]
        months = company.terms.get(account.account_id, rules.usual_terms(account.depth)).cycle_months
        for month in sorted(runs):
            if rules.cycle_ending(month, months) and at < month.ends_at and came_in <= runs[month]:
                return account.account_id, month
        return None

    for record in company.records:
        if record.sim_id in postpaid and record.started_at >= MONTHS[0].starts_at:
            bill = billed(record.path, record.started_at, record.as_of)
            if bill and record.charge:
                found[*bill, BillLineKind.USAGE if record.charge > 0 else BillLineKind.CREDIT] += record.charge
    for sim in company.sims:
        if sim.id not in postpaid or sim.plan_id is None or sim.activated_at is None:
            continue
        price = company.plans[sim.plan_id]
        for month in MONTHS:
            for day in range(month.days):
                midnight = start_of(month.first_day + timedelta(days=day))
                bill = billed(company.path_at(sim.id, midnight), midnight, midnight)
                if midnight >= sim.activated_at and bill:
                    found[*bill, BillLineKind.SUBSCRIPTION] += rules.fee(price, month, day, 1)
    for purchase in company.purchases:
        for at, kind, sign in ((purchase.at, BillLineKind.ONE_OFF, 1), (purchase.refunded_at, BillLineKind.CREDIT, -1)):
            bill = billed(purchase.path, at, at) if at is not None and at >= MONTHS[0].starts_at else None
            if bill:
                found[*bill, kind] += sign * purchase.net
    return {key: net for key, net in found.items() if net}


async def billed_net(database: Database, company: Company) -> dict[tuple[UUID, JalaliMonth, BillLineKind], int]:
    """What they do come to."""
    columns: Any = (Bill.account_id, Bill.month, BillLine.kind, func.sum(BillLine.net))
    statement = select(*columns).join(BillLine, col(BillLine.bill_id) == col(Bill.id)).where(Bill.organization_id == company.id)
    async with database.read() as session:
        rows = await session.execute(statement.group_by(*columns[:3]))
        return {(id, JalaliMonth.parse(month), BillLineKind(kind)): int(net) for id, month, kind, net in rows if net}


async def snapshot(database: Database, company: Company, months: list[JalaliMonth]) -> list[tuple[Any, ...]]:
    """Everything on the bills of some months but for what is paid."""
    fixed = ("id", "account_id", "path", "month", "starts_at", "ends_at", "number", "net", "vat", "vat_rate", "due_at", "issued_at", "counted_to")
    async with database.read() as session:
        bills = (await session.scalars(select(Bill).where(Bill.organization_id == company.id))).all()
        closed = {bill.id: bill for bill in bills if JalaliMonth.parse(bill.month) in months}
        lines = (await session.scalars(select(BillLine).where(col(BillLine.bill_id).in_(list(closed))))).all()
    kept = [tuple(getattr(bill, name) for name in fixed) for bill in closed.values()]
    return sorted([*kept, *(tuple(str(value) for value in line.model_dump().values()) for line in lines)], key=str)


async def check_bills(database: Database, company: Company) -> None:
    """Every line, every bill and every sum of one adds up, and the books agree."""
    async with database.read() as session:
        bills = (await session.scalars(select(Bill).where(Bill.organization_id == company.id))).all()
        lines = (await session.scalars(select(BillLine).where(BillLine.organization_id == company.id))).all()
        owed = {
            account.owner_id: account.balance
            for account in await session.scalars(
                select(LedgerAccount).where(
                    LedgerAccount.organization_id == company.id, LedgerAccount.kind == LedgerAccountKind.RECEIVABLE
                )
            )
        }
        faults = await prove(session)
        accounts = {account.id: account for account in await session.scalars(select(Account).where(Account.organization_id == company.id))}
    assert not faults
    for line in lines:
        rate = next(rate for since, rate in reversed(RATES) if since <= line.starts_at) if line.transfer_id is None else line.vat_rate
        assert (line.vat, line.vat_rate) == (taxed(Money(line.net), rate).vat.minor, rate)
    assert not [key for key, count in Counter((line.bill_id, line.key) for line in lines).items() if count > 1]
    due = defaultdict[UUID, int](int)
    for bill in bills:
        own = [line for line in lines if line.bill_id == bill.id]
        assert own and (bill.net, bill.vat, bill.line_count) == (sum(one.net for one in own), sum(one.vat for one in own), len(own))
        assert bill.paid + bill.amount_due == bill.net + bill.vat and bill.amount_due >= 0
        assert bill.state in {BillState.SENT, BillState.SETTLED, BillState.PARTIALLY_PAID}
        due[bill.account_id] += bill.amount_due
        await check_sums(database, company, bill, own, accounts)
    assert {id: -balance for id, balance in owed.items() if balance} == {id: amount for id, amount in due.items() if amount}


async def check_sums(database: Database, company: Company, bill: Bill, lines: list[BillLine], accounts: Mapping[UUID, Account]) -> None:
    """A bill's summary adds up to it by every dimension, and what each place comes to is its own and what those right below come to."""
    scope = system_scope(Permission.BILL_READ, bill.ends_at + timedelta(days=99))
    async with database.read() as session:
        (row,) = await queries.bills_by_ids(session, scope, [bill.id])
        assert row is not None
        for by in BillDimension:
            sums = await bill_lines.summary(session, scope, row, by)
            assert (sum(one.total.net.minor for one in sums), sum(one.total.vat.minor for one in sums)) == (bill.net, bill.vat)
            assert sum(one.total.gross.minor for one in sums) == row.total.gross.minor
        by_account = {one.subject.id: one.total.gross.minor for one in await bill_lines.summary(session, scope, row, BillDimension.ACCOUNT) if one.subject}
    for account in accounts.values():
        below = [other for other in accounts.values() if other.path.startswith(account.path)]
        whole = sum(line.net + line.vat for line in lines if line.path.startswith(account.path))
        assert sum(by_account.get(other.id, 0) for other in below) == whole


async def check_figures(database: Database, company: Company) -> None:
    """What cards owe and ran up is what unpaid bills and open charges say of them."""
    async with database.read() as session:
        sims = (await session.scalars(select(Sim).where(Sim.organization_id == company.id).execution_options(populate_existing=True))).all()
        charges = (await session.scalars(select(RunningCharge).where(RunningCharge.organization_id == company.id))).all()
        unpaid = {bill.id for bill in await session.scalars(select(Bill).where(Bill.organization_id == company.id)) if bill.amount_due > 0}
        lines = (await session.scalars(select(BillLine).where(BillLine.organization_id == company.id))).all()
    for sim in sims:
        if sim.payment_mode == PaymentMode.POSTPAID:
            rest = [(one.net - one.billed_net, one.starts_at) for one in charges if one.sim_id == sim.id]
            assert sim.current_charge == sum(
                taxed(Money(net), next(rate for since, rate in reversed(RATES) if since <= at)).gross.minor for net, at in rest
            )
            assert sim.debt == sum(
                line.net + line.vat for line in lines if line.sim_id == sim.id and line.bill_id in unpaid and line.transfer_id is None
            )


async def check_usage_behind(database: Database, company: Company) -> int:
    """The records behind each line of usage add up to it; returns how many lines have some."""
    scope, count = system_scope(Permission.USAGE_READ, MONTHS[-1].ends_at + timedelta(days=99)), 0
    async with database.read() as session:
        ids = (await session.scalars(select(BillLine.id).where(BillLine.organization_id == company.id))).all()
        lines = await bill_lines.lines_by_ids(session, scope, ids)
    for line in lines:
        assert line is not None
        records = (await usage_behind(scope, line, window=Window(100))).rows
        async with database.read() as session:
            booked = await booked_by(session, records)
            bill = (await session.scalars(select(Bill).where(col(Bill.id) == line.bill_id))).one()
            moved = await session.scalars(select(LedgerTransfer).where(LedgerTransfer.reason == LedgerReason.BILL))
            causes = {transfer.id: transfer.cause_id for transfer in moved}
        assert {causes.get(id) if id else None for id in booked} <= ({bill.id} if bill.state in ISSUED else {None})
        if line.kind is BillLineKind.USAGE or (line.kind is BillLineKind.CREDIT and line.service):
            count += 1
            assert sum(record.charge.minor for record in records) == line.price.net.minor
            assert line.quantity is not None and sum(record.quantity.count for record in records) == line.quantity.count
        else:
            assert not records
    return count


async def check_previews(database: Database, company: Company, at: datetime) -> None:
    """The running bill of every account is what is on no bill yet, line by line and in every sum."""
    scope = system_scope(Permission.BILL_READ, at)
    postpaid = [account.id for account in company.accounts if account.payment_mode == PaymentMode.POSTPAID]
    expected: dict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    async with database.read() as session:
        cards = {sim.id for sim in company.sims if sim.payment_mode == PaymentMode.POSTPAID}
        for charge in await session.scalars(select(RunningCharge).where(RunningCharge.organization_id == company.id)):
            place = rules.billed_at(charge.path, company.places, company.terms)
            if place and charge.sim_id in cards:
                rate = next(rate for since, rate in reversed(RATES) if since <= charge.starts_at)
                price = taxed(Money(charge.net - charge.billed_net), rate)
                expected[company.places[place].account_id][0] += price.net.minor
                expected[company.places[place].account_id][1] += price.vat.minor
        billed = set(await session.scalars(
            select(BillLine.transfer_id).where(BillLine.organization_id == company.id, col(BillLine.transfer_id).is_not(None))
        ))
        for purchase in company.purchases:
            place = rules.billed_at(purchase.path, company.places, company.terms)
            for id, when, sign in purchase.transfers:
                if place and id not in billed and when >= MONTHS[0].starts_at:
                    expected[company.places[place].account_id][0] += sign * purchase.net
                    expected[company.places[place].account_id][1] += sign * purchase.vat
        for start in range(0, len(postpaid), queries.MOST_PREVIEWS):
            for row in await queries.previews(session, scope, postpaid[start : start + queries.MOST_PREVIEWS]):
                assert row is not None and row.state is BillState.PREVIEW and row.number is None
                assert [row.total.net.minor, row.total.vat.minor] == expected[row.id]
                assert row.paid + row.amount_due == row.total.gross
                lines, window = [], Window(3)
                while True:
                    page = await bill_lines.lines_page(session, scope, row, filter=bill_lines.LineFilter(), window=window)
                    lines += page.rows
                    if not page.has_next:
                        break
                    window = Window(3, page.cursors[-1])
                assert len({line.id for line in lines}) == len(lines) == await bill_lines.lines_count(session, scope, row, filter=bill_lines.LineFilter())
                assert [sum(part(line).minor for line in lines) for part in (lambda one: one.price.net, lambda one: one.price.vat)] == expected[row.id]
                for by in BillDimension:
                    sums = await bill_lines.summary(session, scope, row, by)
                    assert sum(one.total.gross.minor for one in sums) == row.total.gross.minor


@given(seed=some.integers(0, 2**32))
@settings(
    max_examples=COMPANIES, deadline=None, derandomize="SIMURGH_BILLED_COMPANIES" not in os.environ, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@pytest.mark.usefixtures("documents")
async def test_bills_of_any_company(database: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    draw = Random(seed)
    company = await draw_company(database, draw)
    runs: dict[JalaliMonth, datetime] = {}
    closed: list[tuple[Any, ...]] = []
    for month in MONTHS:
        wish = wish_for(company, month, timedelta(hours=draw.randint(0, 200)))

        await bill_with_cuts(database, wish, draw, monkeypatch)

        assert await snapshot(database, company, list(runs)) == closed
        runs[month] = wish.counted_to
        closed = await snapshot(database, company, list(runs))
        assert await billed_net(database, company) == expected_net(company, runs)
        await check_figures(database, company)
        await check_previews(database, company, wish.at)
    await check_bills(database, company)
    await check_usage_behind(database, company)


async def test_companies_have_something_of_everything(database: Database, documents: Any) -> None:
    kinds, late, settled, explained = Counter[str](), 0, 0, 0
    for seed in range(6):
        company = await draw_company(database, Random(seed))
        for month in MONTHS:
            async for _ in run(database, wish_for(company, month, timedelta(hours=5))):
                pass
        explained += await check_usage_behind(database, company)
        async with database.read() as session:
            lines = (await session.scalars(select(BillLine).where(BillLine.organization_id == company.id))).all()
            kinds.update(line.kind for line in lines)
            starts = {bill.id: bill.starts_at for bill in await session.scalars(select(Bill).where(Bill.organization_id == company.id))}
            late += sum(line.starts_at < starts[line.bill_id] for line in lines)
            settled += len((await session.scalars(select(Bill.id).where(Bill.organization_id == company.id, Bill.state == BillState.SETTLED))).all())

    assert set(kinds) == {"USAGE", "CREDIT", "SUBSCRIPTION", "ONE_OFF"}
    assert late and settled and explained
