"""The proof of bills holds for any company's, and finds whatever money of a bill, line, note or dispute is changed."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select
from typer.testing import CliRunner

from api.books import CHECKED, LOOKS
from api.cli import app
from domain.accounts.tables import Account
from domain.billing.disputes import bill_dispute, bill_dispute_resolve
from domain.billing.paying import bill_pay
from domain.billing.states import ISSUED, DisputeState
from domain.billing.tables import Bill, BillDispute, BillLine, BillNote, RunningCharge
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.scope import SYSTEM, system_scope
from domain.payments.service import FromWallet
from domain.wallet.proof import Fault, prove
from domain.wallet.purses import open_wallet
from store.session import Database
from tests.domain.billing.companies import MONTHS, Company, bill, draw_company, wish_for
from tests.domain.billing.debts import done, operator

MONEY: Mapping[Any, tuple[str, ...]] = {
    Bill: ("line_count", "net", "vat", "paid", "amount_due", "state"),
    BillLine: ("net", "vat", "vat_rate", "bill_id", "organization_id", "transfer_id", "note_id"),
    BillNote: ("net", "vat", "about_bill_id"),
    BillDispute: ("credited", "bill_id", "state"),
    RunningCharge: ("billed_net",),
}
"""What carries money, or says whose it is."""
EACH = 6
"""Rows of a kind that are tampered with."""


async def found(database: Database) -> list[Fault]:
    async with database.read() as session:
        return await prove(session, looks=LOOKS)


async def billed(database: Database) -> Company:
    """A company with bills of four months, of all kinds of lines, one of them paid in part, one disputed and credited, a note on the next."""
    company = await draw_company(database, Random(23))
    for month in MONTHS[:2]:
        await bill(database, wish_for(company, month, timedelta(hours=6)))
    async with database.read() as session:
        due = select(Bill).where(col(Bill.state).in_(sorted(ISSUED)), col(Bill.amount_due) > 0).order_by(col(Bill.amount_due).desc())
        owing = (await session.scalars(due)).first()
        assert owing is not None
        lines = (await session.scalars(select(BillLine).where(BillLine.bill_id == owing.id, BillLine.net > 1_000).order_by(col(BillLine.id)))).all()
    scope = system_scope(Permission.BILL_PAY, MONTHS[1].ends_at)
    async with database.write() as session:
        wallet_id = await open_wallet(session, company.id, Ref(Kind.ACCOUNT, owing.account_id), floor=-(10**12))
        about = BillNote(
            id=uuid7(), organization_id=company.id, account_id=owing.account_id, path=(await session.get_one(Account, owing.account_id)).path,
            net=7_000, vat=700, vat_rate=Decimal(10), text="late", made_at=MONTHS[2].starts_at, by=SYSTEM.as_json(),
        )  # fmt: skip
        session.add(about)
    await done(database, scope, "billPay", lambda work: bill_pay(work, owing.id, 1_000, FromWallet(wallet_id)))
    objecting = system_scope(Permission.BILL_DISPUTE, MONTHS[1].ends_at)
    opened = await done(
        database, objecting, "billDispute", lambda work: bill_dispute(work, owing.id, [lines[0].id], "too much", locale=Locale.EN)
    )
    assert opened.result is not None
    dispute_id = opened.result["dispute"]
    await done(database, operator(Permission.BILL_RESOLVE), "billDisputeResolve", lambda work: bill_dispute_resolve(work, dispute_id, 500, "yes"))
    for month in (MONTHS[2], MONTHS[2].plus(1)):  # a cycle may have two
        await bill(database, wish_for(company, month, timedelta(hours=6)))
    return company


async def tampered(database: Database, table: Any, row: Any, name: str, organization_id: Any) -> bool:
    """Whether the least change of a value is refused or found; it is taken back."""
    value = getattr(row, name)
    match name:
        case "bill_id" | "about_bill_id":
            async with database.read() as session:
                others = select(Bill.id).where(col(Bill.id) != value, col(Bill.state).in_(sorted(ISSUED)))
                other: Any = (await session.scalars(others)).first()
        case "organization_id":
            other = organization_id
        case "transfer_id" | "note_id":
            other = None
        case "state":
            other = DisputeState.REJECTED if table is BillDispute else "SETTLED" if value != "SETTLED" else "SENT"
        case _:
            other = value + 1
    keys = [key.name for key in table.__table__.primary_key]
    here = [getattr(table, key) == getattr(row, key) for key in keys]
    try:
        async with database.write() as session:
            await session.execute(update(table).where(*here).values({name: other}).execution_options(synchronize_session=False))
            raise LookupError(len(await prove(session, looks=LOOKS)))
    except IntegrityError:
        return True
    except LookupError as count:
        return bool(count.args[0])


async def test_any_money_of_a_bill_that_is_changed_is_found(database: Database, documents: Any) -> None:
    company = await billed(database)
    other = await draw_company(database, Random(3))
    assert await found(database) == []

    unseen, tried = [], 0
    for table, names in MONEY.items():
        async with database.read() as session:
            rows = list((await session.scalars(select(table).where(table.organization_id == company.id))).all())
        if table is BillLine:
            kinds = {(row.kind, row.transfer_id is None, row.note_id is None): row for row in rows if abs(row.net) > 1_000}
            assert {kind for kind, *_ in kinds} == {"USAGE", "SUBSCRIPTION", "ONE_OFF", "CREDIT", "NOTE"}
            rows = [*kinds.values()]
        if table is Bill:
            rows = [row for row in rows if row.state in ISSUED]
        if table is RunningCharge:
            rows = [row for row in rows if row.billed_net]
        assert rows
        for row in rows[:EACH]:
            for name in names:
                if getattr(row, name) is None:
                    continue
                tried += 1
                if not await tampered(database, table, row, name, other.id):
                    unseen.append((table.__name__, name, row))
    assert tried >= 50
    assert unseen == []


@pytest.mark.parametrize("seed", range(4))
async def test_any_companys_bills_hold(database: Database, documents: Any, seed: int) -> None:
    company = await draw_company(database, Random(seed))
    for month in MONTHS:
        await bill(database, wish_for(company, month, timedelta(hours=6)))
    assert await found(database) == []


async def test_the_command_tells_what_it_went_over(
    database: Database, documents: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))
    await billed(database)
    async with database.read() as session:
        counts = {name: (await session.execute(select(func.count()).select_from(table))).scalar_one() for name, table in CHECKED.items()}

    result = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "prove"])

    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "the ledger holds")
    assert counts["bills"] and counts["disputes"] == 1 and counts["notes"] == 2
    assert f"{counts['bills']:,} bills, {counts['lines of bills']:,} lines of bills, 2 notes, 1 disputes" in result.output
