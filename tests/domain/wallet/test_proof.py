"""The proof finds whatever was tampered with, and the command tells it."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, text, update
from sqlmodel import col, select
from typer.testing import CliRunner

from api.cli import app
from domain.kernel.ids import uuid7
from domain.wallet.tables import LedgerAccount, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Database
from tests.ledger import PRICE, adjust, faults, pay, refund
from tests.world import NOW, Tenant, TwoTenants


async def some_movements(database: Database, tenant: Tenant) -> list[UUID]:
    await adjust(database, tenant.wallets["root"], 5_000_000)
    transfers = await pay(database, tenant.accounts["root"], [PRICE, PRICE, PRICE])
    await refund(database, transfers[1])
    return transfers


async def change(database: Database, *statements: Any) -> None:
    async with database.write() as session:
        for statement in statements:
            await session.execute(statement)


async def entry_of(database: Database, transfer_id: UUID) -> LedgerEntry:
    async with database.read() as session:
        statement = select(LedgerEntry).where(LedgerEntry.transfer_id == transfer_id).order_by(col(LedgerEntry.amount))
        return (await session.scalars(statement)).first()  # type: ignore[return-value]


async def test_an_untouched_ledger_holds(database: Database, two_tenants: TwoTenants) -> None:
    assert await faults(database) == []

    await some_movements(database, two_tenants.one)

    assert await faults(database) == []


async def test_a_changed_amount_a_lost_entry_and_a_made_up_balance_are_found(database: Database, two_tenants: TwoTenants) -> None:
    transfers = await some_movements(database, two_tenants.one)
    entry = await entry_of(database, transfers[0])

    await change(database, update(LedgerEntry).where(col(LedgerEntry.id) == entry.id).values(amount=entry.amount + 1))
    found = {fault.id for fault in await faults(database)}
    assert {transfers[0], entry.id, entry.ledger_account_id} == found

    await change(database, delete(LedgerEntry).where(col(LedgerEntry.id) == entry.id))
    found = {fault.id for fault in await faults(database)}
    assert {transfers[0], entry.ledger_account_id} < found and entry.id not in found


async def test_money_made_up_on_both_sides_is_found(database: Database, two_tenants: TwoTenants) -> None:
    await some_movements(database, two_tenants.one)
    wallet = col(LedgerAccount.id) == two_tenants.one.wallets["root"]

    await change(database, update(LedgerAccount).where(wallet).values(balance=LedgerAccount.balance + 7))

    (fault,) = await faults(database)
    assert fault.id == two_tenants.one.wallets["root"]


async def test_a_transfer_without_sides_and_one_that_undoes_too_little_are_found(database: Database, two_tenants: TwoTenants) -> None:
    transfers = await some_movements(database, two_tenants.one)
    empty = uuid7()

    async with database.write() as session:
        session.add(
            LedgerTransfer(
                id=empty, organization_id=two_tenants.one.id, posted_at=NOW, reason=LedgerReason.REFUND, by={}, reverses_id=transfers[0]
            )
        )

    assert {fault.id for fault in await faults(database)} == {empty}
    assert {fault.what for fault in await faults(database)} == {
        "transfer of 0 sides sums to 0", "transfer doesn't undo what it says it undoes",
    }  # fmt: skip


async def test_an_entry_in_another_companys_books_is_found(database: Database, two_tenants: TwoTenants) -> None:
    transfers = await some_movements(database, two_tenants.one)
    entry = await entry_of(database, transfers[0])

    await change(database, update(LedgerEntry).where(col(LedgerEntry.id) == entry.id).values(organization_id=two_tenants.other.id))

    assert ("entry joins two organizations", entry.id) in {(fault.what, fault.id) for fault in await faults(database)}


async def test_the_database_itself_refuses_a_wallet_below_its_floor(database: Database, two_tenants: TwoTenants) -> None:
    with pytest.raises(Exception, match=r"above_floor"):
        await change(database, text("UPDATE ledger_accounts SET balance = -1 WHERE kind = 'WALLET'"))


async def test_the_command(
    database: Database, two_tenants: TwoTenants, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))
    await some_movements(database, two_tenants.one)

    async def run() -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "prove"])
        return result.exit_code, result.output

    assert await run() == (0, "the ledger holds\n")

    wallet_id = two_tenants.one.wallets["root"]
    await change(database, update(LedgerAccount).where(col(LedgerAccount.id) == wallet_id).values(balance=1))
    code, output = await run()
    assert code == 1
    assert output.startswith(f"{wallet_id}: balance is 1, its entries sum to ") and output.endswith("1 faults in the ledger\n")
