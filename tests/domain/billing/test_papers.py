"""Papers of bills: made once after issue, whole, and to the rial what the ledger says."""

import asyncio
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from domain.billing.papers import PAPERS, letter, papers_handler
from domain.billing.seller import Seller
from domain.billing.states import BillState
from domain.billing.tables import Bill, BillDocument, BillLine
from domain.files.queries import content
from domain.files.records import open_records
from domain.files.tables import File
from domain.kernel.locale import Locale
from domain.kernel.quantity import UsageType
from domain.kernel.tax_numbers import parse_tax_number
from domain.wallet.tables import LedgerAccountKind as K
from gateways.bill import TypstBills
from gateways.press import Press
from store import outbox
from store.outbox import GiveUp, Handler, Task
from store.session import Database
from tests.bills import MONTH, issue_bill
from tests.domain.billing.debts import bill_now, owed, purses
from tests.gateways.test_bill import FONTS
from tests.ledger import balances
from tests.press import Scribe
from tests.world import NOW, MovableClock, Tenant, make_tenant

SELLER = Seller("Simurgh", "10380284790", "411111111111", "A11216")


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await make_tenant(database, 0)


@pytest.fixture
def scribe() -> Scribe:
    return Scribe()


@pytest.fixture
def make(database: Database, scribe: Scribe) -> Handler:
    return papers_handler(database, scribe, MovableClock(), SELLER)


def task(bill_id: UUID) -> Task:
    return Task(1, PAPERS, f"bill:{bill_id}", {"bill": bill_id.hex}, 1)


async def documents(database: Database, bill_id: UUID) -> dict[str, bytes]:
    """Contents by the endings of their names."""
    async with database.read() as session:
        mine = select(File).join(BillDocument, col(BillDocument.file_id) == col(File.id)).where(col(BillDocument.bill_id) == bill_id)
        files = (await session.scalars(mine)).all()
    return {file.name.rpartition(".")[2]: await content(database, file.id) for file in files}


def rows_of(table: bytes) -> list[dict[str, str]]:
    with open_records(io.BytesIO(table)) as records:
        return [dict(zip_longest(records.titles, cells, fillvalue="")) for _, cells in records.rows]


def summed(table: bytes, column: str) -> int:
    return sum(int(row[column]) for row in rows_of(table))


async def test_tables_bill_and_ledger_come_to_the_same(database: Database, tenant: Tenant, make: Handler, scribe: Scribe) -> None:
    root = tenant.accounts["root"]
    bill = await owed(database, root, tenant.sims[0], (120_000, 35_505, 7_001, 1, 999_999_999))

    await make(task(bill.id))

    now, made = await bill_now(database, bill.id), await documents(database, bill.id)
    assert set(made) == {"pdf", "csv", "xlsx"}
    house = await balances(database, [tenant.id])
    for table in (made["csv"], made["xlsx"]):
        assert (summed(table, "net"), summed(table, "vat")) == (now.net, now.vat) == (house[tenant.id, K.REVENUE], house[tenant.id, K.TAX])
        assert summed(table, "gross") == now.net + now.vat == -(await purses(database, root))["RECEIVABLE"]
    assert rows_of(made["csv"]) == rows_of(made["xlsx"])
    first = rows_of(made["csv"])[0]
    assert (first["msisdn"], first["account_number"], first["bill_number"]) == (tenant.sims[0].msisdn, tenant.accounts["sales"].number, now.number)
    ((told, locale),) = scribe.printed
    assert (told.total.gross.minor, told.line_count, locale) == (now.net + now.vat, 5, Locale.FA)
    assert [(one.service, one.count) for one in told.sums] == [(UsageType.VOICE, 3), (UsageType.DATA, 2)]


async def test_they_are_made_once_with_one_tax_number(database: Database, tenant: Tenant, make: Handler, scribe: Scribe) -> None:
    bill = await issue_bill(database, tenant.accounts["root"], tenant.sims[0])

    await make(task(bill.id))
    first, number = await documents(database, bill.id), (await bill_now(database, bill.id)).tax_number
    await make(task(bill.id))
    await asyncio.gather(make(task(bill.id)), make(task(bill.id)))

    assert len(scribe.printed) == 1
    assert await documents(database, bill.id) == first
    assert number is not None
    assert parse_tax_number(number) == ("A11216", MONTH.plus(1).first_day + timedelta(days=1), 1)
    assert (await bill_now(database, bill.id)).tax_number == number


async def test_many_at_once_get_serials_without_a_gap(database: Database, tenant: Tenant, make: Handler) -> None:
    other = await make_tenant(database, 1)
    bills = [
        await issue_bill(database, company.accounts[name], company.sims[0], month=MONTH.plus(-back))
        for company in (tenant, other)
        for name in ("root", "office")
        for back in range(3)
    ]

    await asyncio.gather(*(make(task(bill.id)) for bill in bills))

    numbers = [(await bill_now(database, bill.id)).tax_number or "" for bill in bills]
    assert sorted(parse_tax_number(number)[2] for number in numbers) == list(range(1, len(bills) + 1))


async def test_without_a_memory_nothing_is_sent_to_the_tax_system(database: Database, tenant: Tenant, scribe: Scribe) -> None:
    bill = await issue_bill(database, tenant.accounts["root"], tenant.sims[0])

    await papers_handler(database, scribe, MovableClock(), Seller("Simurgh"))(task(bill.id))

    assert (await bill_now(database, bill.id)).tax_number is None
    assert scribe.printed[0][0].tax_number is None


async def test_a_bill_that_does_not_add_up_gets_no_papers(database: Database, tenant: Tenant, make: Handler) -> None:
    bill = await issue_bill(database, tenant.accounts["root"], tenant.sims[0])
    async with database.write() as session:
        await session.execute(update(BillLine).where(col(BillLine.id) == bill.line_ids[0]).values(net=120_001))

    with pytest.raises(GiveUp, match="its lines"):
        await make(task(bill.id))
    assert await documents(database, bill.id) == {}


async def test_what_is_not_issued_gets_none_either(database: Database, tenant: Tenant, make: Handler) -> None:
    bill = await issue_bill(database, tenant.accounts["root"], tenant.sims[0])
    async with database.write() as session:
        await session.execute(update(Bill).where(col(Bill.id) == bill.id).values(state=BillState.ON_HOLD))

    with pytest.raises(GiveUp):
        await make(task(bill.id))


async def test_the_letter_of_an_issue_makes_them(database: Database, tenant: Tenant, make: Handler) -> None:
    bill = await issue_bill(database, tenant.accounts["root"], tenant.sims[0])
    stored = await bill_now(database, bill.id)
    async with database.write() as session:
        await outbox.send_all(session, [letter(stored), letter(stored)], organization_id=stored.organization_id)
    clock = MovableClock(NOW)

    assert await outbox.run_once(database, {PAPERS: make}, clock, worker="test") == 1
    assert len(await documents(database, bill.id)) == 3


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    made = Press(FONTS)
    yield made
    made.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_real_one_is_a_pdf_and_every_cell_is_inert(database: Database, tenant: Tenant, press: Press) -> None:
    bill = await issue_bill(database, tenant.accounts["root"], tenant.sims[0])
    async with database.write() as session:
        await session.execute(update(BillLine).where(col(BillLine.id) == bill.line_ids[0]).values(text="=HYPERLINK(1)"))

    await papers_handler(database, TypstBills(press), MovableClock(), SELLER)(task(bill.id))

    made = await documents(database, bill.id)
    assert made["pdf"].startswith(b"%PDF-")
    cells: Sequence[list[str]] = list(csv.reader(io.StringIO(made["csv"].decode("utf-8-sig"))))
    assert any(cell == "'=HYPERLINK(1)" for row in cells for cell in row)
