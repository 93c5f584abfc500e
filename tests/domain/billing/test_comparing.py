"""Bills of any company, as the run made them: every two of an account and the preview are explained, and their papers come to what they say."""

from datetime import datetime, timedelta
from itertools import combinations
from random import Random

import pytest
from sqlmodel import col, select

from domain.billing import lines as bill_lines
from domain.billing import queries
from domain.billing.comparing import ComparisonRow, comparison
from domain.billing.comparison import BillCauseKind
from domain.billing.papers import PAPERS, papers_handler
from domain.billing.rows import BillRow
from domain.billing.running import run
from domain.billing.seller import Seller
from domain.billing.tables import Bill, BillDocument
from domain.kernel.permissions import Permission
from domain.kernel.scope import system_scope
from domain.kernel.tax_numbers import parse_tax_number
from store import outbox
from store.session import Database
from tests.domain.billing.companies import MONTHS, Company, draw_company, wish_for
from tests.press import Scribe
from tests.world import MovableClock


async def compared(database: Database, bill: BillRow, other: BillRow) -> ComparisonRow:
    async with database.read() as session:
        lines, other_lines = await bill_lines.all_lines(session, bill), await bill_lines.all_lines(session, other)
        return await comparison(session, bill, lines, other, other_lines)


@pytest.mark.usefixtures("documents")
async def test_every_two_bills_and_the_preview_are_explained_and_printed(database: Database) -> None:
    kinds, pairs, printed = set[BillCauseKind](), 0, 0
    for seed in range(4):
        company = await draw_company(database, Random(seed))
        at = await billed(database, company)
        pairs += await explained(database, company, at, kinds)
        printed += await made(database, company, at, printed)

    assert pairs > 15
    assert printed > 8
    assert kinds >= {BillCauseKind.VOLUME, BillCauseKind.PRICE, BillCauseKind.ONE_OFF}


async def billed(database: Database, company: Company) -> datetime:
    """Bills all months; the instant after."""
    for month in MONTHS:
        wish = wish_for(company, month, timedelta(0))
        async for _ in run(database, wish):
            pass
    return wish.at


async def explained(database: Database, company: Company, at: datetime, kinds: set[BillCauseKind]) -> int:
    """Compares every two bills of each account, the preview among them; how many pairs."""
    scope, pairs = system_scope(Permission.BILL_READ, at), 0
    async with database.read() as session:
        ids = (await session.scalars(select(Bill.id).where(Bill.organization_id == company.id).order_by(col(Bill.ends_at)))).all()
        bills = [row for row in await queries.bills_by_ids(session, scope, ids) if row is not None]
        accounts = sorted({row.account_id for row in bills})[: queries.MOST_PREVIEWS]
        previews = [row for row in await queries.previews(session, scope, accounts) if row is not None]
    for account_id in accounts:
        for other, bill in combinations([row for row in (*bills, *previews) if row.account_id == account_id], 2):
            told = await compared(database, bill, other)
            assert told.difference == bill.total.gross - other.total.gross
            assert sum(cause.amount.minor for cause in told.causes) == told.difference.minor
            for cause in told.causes:
                assert sum(detail.amount.minor for detail in cause.details) == cause.amount.minor
                assert all(detail.line or detail.other_line for detail in cause.details)
            kinds |= {cause.kind for cause in told.causes}
            pairs += 1
    return pairs


async def made(database: Database, company: Company, at: datetime, numbered: int) -> int:
    """Makes the papers of all issued bills, after so many of other companies; how many bills."""
    scribe, clock = Scribe(), MovableClock(at)
    make = papers_handler(database, scribe, clock, Seller("Simurgh", memory_id="A11216"))
    while await outbox.run_once(database, {PAPERS: make}, clock, worker="test"):
        pass
    async with database.read() as session:
        stored = (await session.scalars(select(Bill).where(Bill.organization_id == company.id))).all()
        files = (await session.scalars(select(BillDocument).where(BillDocument.organization_id == company.id))).all()
    issued = [bill for bill in stored if bill.issued_at is not None]
    assert len(files) == 3 * len(issued) > 0
    assert {told.number: told.total.gross.minor for told, _ in scribe.printed} == {bill.number: bill.net + bill.vat for bill in issued}
    serials = sorted(parse_tax_number(bill.tax_number or "")[2] for bill in issued)
    assert serials == [numbered + place for place in range(1, len(issued) + 1)]
    return len(issued)
