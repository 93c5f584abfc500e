"""What accountants take away: a ledger that balances, lines of issued bills, who owes since when, and lines that wait for a bundle."""

import io
from collections import defaultdict
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from domain.billing.states import BillState
from domain.billing.tables import Bill
from domain.bundles.tables import Bucket, BucketStatus, Product, ProductStatus
from domain.catalogue.tables import Offering
from domain.exports import service, sources
from domain.exports.service import Wish
from domain.exports.sources import ExportKind, Place, Span
from domain.files.records import open_records
from domain.files.writing import ExportFormat
from domain.kernel.ids import uuid7
from domain.kernel.quantity import UsageType
from domain.kernel.scope import system_scope
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from store.session import Database
from tests.bills import MONTH, issue_bill
from tests.domain.billing.debts import bill_now, owed
from tests.ledger import PRICE, adjust, pay, refund
from tests.offerings import make_offering, sell
from tests.world import NOW, Tenant, make_tenant

DAY = timedelta(days=1)


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await make_tenant(database, 0)


async def exported(database: Database, tenant: Tenant, kind: ExportKind, *, name: str = "root") -> list[dict[str, str]]:
    """The rows of an export as a program reads them."""
    scope = system_scope(sources.permission_of(kind), NOW)
    place, file = Place(tenant.id, tenant.accounts[name].path), io.BytesIO()
    count = await service.write(database, scope, Wish(kind, ExportFormat.CSV, place), file)
    async with database.read() as session:
        assert await sources.count(session, kind, scope, place, Span()) == count
    with open_records(file) as records:
        rows = [dict(zip_longest(records.titles, cells, fillvalue="")) for _, cells in records.rows]
    assert len(rows) == count
    return rows


@pytest.mark.parametrize("name", ["root", "sales"])
async def test_the_ledger_that_accountants_get_balances(database: Database, tenant: Tenant, name: str) -> None:
    other = await make_tenant(database, 1)
    for company in (tenant, other):
        await adjust(database, company.wallets["sales"], 10_000_000)
        await adjust(database, company.wallets["root"], 10_000_000)
        paid = await pay(database, company.accounts["sales"], [PRICE] * 3)
        await refund(database, paid[0])
        await owed(database, company.accounts["sales"], company.sims[0])

    rows = await exported(database, tenant, ExportKind.LEDGER, name=name)

    transfers: dict[str, int] = defaultdict(int)
    for row in rows:
        assert (int(row["debit"]) == 0) != (int(row["credit"]) == 0)
        transfers[row["transfer"]] += int(row["debit"]) - int(row["credit"])
    assert set(transfers.values()) == {0}
    assert sum(int(row["debit"]) for row in rows) == sum(int(row["credit"]) for row in rows) > 0
    assert len(transfers) == (7 if name == "root" else 6)
    owners = {row["owner"] for row in rows if row["kind"] in {"WALLET", "RECEIVABLE"}}
    assert owners == {tenant.accounts[one].number for one in ({"root", "sales"} if name == "root" else {"sales"})}
    assert {row["cause"] for row in rows} == {"", "ORDER", "BILL"}


async def test_lines_of_issued_bills_come_to_the_bills(database: Database, tenant: Tenant) -> None:
    bills = [await issue_bill(database, tenant.accounts["root"], tenant.sims[0], month=MONTH.plus(-back)) for back in range(3)]
    async with database.write() as session:
        await session.execute(update(Bill).where(col(Bill.id) == bills[2].id).values(state=BillState.NEW))

    rows = await exported(database, tenant, ExportKind.BILL_LINES)

    assert {row["month"] for row in rows} == {str(MONTH), str(MONTH.plus(-1))}
    total = sum([(await bill_now(database, bill.id)).net + (await bill_now(database, bill.id)).vat for bill in bills[:2]])
    assert sum(int(row["gross"]) for row in rows) == total


async def test_debts_are_told_by_their_age(database: Database, tenant: Tenant) -> None:
    root, office = tenant.accounts["root"], tenant.accounts["office"]
    await owed(database, root, tenant.sims[0], (1_000,))
    for back, (days, net) in enumerate([(-3, 10), (0, 200), (30, 3_000), (45, 40_000), (200, 500_000)], 1):
        bill = await issue_bill(database, root, tenant.sims[0], month=MONTH.plus(-back), net=(net,))
        async with database.write() as session:
            await session.execute(update(Bill).where(col(Bill.id) == bill.id).values(due_at=NOW - days * DAY))
    await issue_bill(database, office, tenant.sims[8], net=(1_000,), paid=1_100)

    (row,) = await exported(database, tenant, ExportKind.DEBTORS)

    assert row["account_number"] == root.number
    parts = {name: int(row[name]) for name in ("not_yet_due", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")}
    assert (await bill_now(database, bill.id)).amount_due == 550_000
    assert parts == {"not_yet_due": 1_111, "overdue_1_30": 220, "overdue_31_60": 47_300, "overdue_61_90": 0, "overdue_over_90": 550_000}
    assert (int(row["amount_due"]), int(row["open_bills"]), int(row["receivable"])) == (sum(parts.values()), 6, -1_100)


async def bundle(
    database: Database, sim: Sim, offering: Offering, *, ends: int, remaining: int, status: str = ProductStatus.ACTIVE, is_renewing: bool = False
) -> UUID:
    """A bundle that ends so many days from now."""
    ends_at = NOW + ends * DAY
    product = Product(
        id=uuid7(), organization_id=sim.organization_id, sim_id=sim.id, offering_id=offering.id, status=status,
        starts_at=ends_at - 30 * DAY, ends_at=ends_at, is_renewing=is_renewing, created_at=NOW,
    )  # fmt: skip
    bucket = Bucket(
        id=uuid7(), organization_id=sim.organization_id, sim_id=sim.id, product_id=product.id, usage_type=UsageType.DATA, priority=1,
        status=BucketStatus.ACTIVE, total=100, remaining=remaining, starts_at=ends_at - 30 * DAY, ends_at=ends_at, as_of=NOW, source="CHARGING",
    )  # fmt: skip
    async with database.write() as session:
        session.add(product)
        await session.flush()
        session.add(bucket)
    return product.id


async def test_lines_that_wait_for_a_bundle_are_named_with_their_reason(database: Database, tenant: Tenant) -> None:
    offering, sims = make_offering(), tenant.sims
    await sell(database, offering)
    await bundle(database, sims[0], offering, ends=3, remaining=50)  # ends soon
    await bundle(database, sims[1], offering, ends=20, remaining=0)  # used up
    await bundle(database, sims[2], offering, ends=-5, remaining=10)  # ended
    await bundle(database, sims[3], offering, ends=20, remaining=5)  # lasts
    await bundle(database, sims[4], offering, ends=3, remaining=5, is_renewing=True)  # renews by itself
    await bundle(database, sims[5], offering, ends=-5, remaining=0)
    await bundle(database, sims[5], offering, ends=30 + 25, remaining=100)  # the next one waits
    await bundle(database, sims[6], offering, ends=-100, remaining=0)  # long ago
    await bundle(database, sims[7], offering, ends=-5, remaining=0)
    async with database.write() as session:
        await session.execute(update(Sim).where(col(Sim.id) == sims[7].id).values(status=SimStatus.TERMINATED))

    rows = await exported(database, tenant, ExportKind.RENEWALS)

    told = {row["msisdn"]: (row["reason"], row["data_remaining"], row["offering_code"]) for row in rows}
    assert told == {
        sims[0].msisdn: ("ENDS_SOON", "50", offering.code),
        sims[1].msisdn: ("TRAFFIC_ENDED", "0", offering.code),
        sims[2].msisdn: ("ENDED", "0", offering.code),
    }
