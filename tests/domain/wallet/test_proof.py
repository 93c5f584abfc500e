"""The proof finds whatever was tampered with, and the command tells it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from typer.testing import CliRunner

from api.cli import app
from domain.kernel.calendar import day_of
from domain.kernel.ids import Kind, Ref, uuid7
from domain.wallet import proving
from domain.wallet.holds import hold
from domain.wallet.proof import CHECKED, LOOKS, prove
from domain.wallet.purses import open_wallet
from domain.wallet.tables import LedgerAccount, LedgerEntry, LedgerReason, LedgerTransfer, WalletLot
from store import outbox
from store.models import table_of
from store.outbox import OutboxRow
from store.session import Database
from tests.ledger import PRICE, adjust, faults, pay, refund
from tests.world import NOW, MovableClock, Tenant, TwoTenants


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


def other(value: Any, name: str, ids: Mapping[str, Sequence[UUID]]) -> Any:
    """A value that differs as little as may be: a byte, a rial, a microsecond, another thing of the kind that is there."""
    match value:
        case bool() | int():
            return value + 1
        case UUID():
            return next((id for id in ids.get(name, ()) if id != value), uuid7())
        case datetime():
            return value + timedelta(microseconds=1)
        case dict():
            return {**value, "label": f"{value['label']}."}
        case str():
            return value[:-1] + chr(ord(value[-1]) ^ 1)
    wanted = {"floor": -(10**12), "ceiling": 10**12, "lot_months": 12, "cause_kind": "or", "memo": "x"}
    return wanted.get(name) or next(iter(ids.get(name, ())), uuid7())


@pytest.mark.parametrize("table", CHECKED.values(), ids=CHECKED)
async def test_every_column_of_every_table_of_the_ledger_is_watched(database: Database, two_tenants: TwoTenants, table: Any) -> None:
    """Any one value that differs is refused by the database or found by the proof."""
    tenant = two_tenants.one
    await some_movements(database, tenant)
    async with database.write() as session:
        wallet = await open_wallet(session, tenant.id, Ref(Kind.ACCOUNT, tenant.accounts["field"].id), lot_months=12)
        await hold(session, tenant.id, tenant.wallets["root"], 1_000, cause=Ref(Kind.ORDER, uuid7()), at=NOW)
    await adjust(database, wallet, 900_000)
    await adjust(database, wallet, 100_000)
    (sold,) = await pay(database, tenant.accounts["field"], [PRICE])
    await refund(database, sold)
    assert await faults(database) == []
    async with database.read() as session:
        rows = [row.model_dump() for row in await session.scalars(select(table))]
        ids = {
            "organization_id": [tenant.id, two_tenants.other.id], "transfer_id": list(await session.scalars(select(LedgerTransfer.id))),
            "ledger_account_id": list(await session.scalars(select(LedgerAccount.id))), "lot_id": list(await session.scalars(select(WalletLot.id))),
        }  # fmt: skip
    ids["reverses_id"] = ids["transfer_id"][:1]
    keys, unseen, tried = [column.name for column in table_of(table).primary_key], [], 0
    for row in rows:
        here = [getattr(table, key) == row[key] for key in keys]
        for name, value in row.items():
            tried += 1
            if not await is_noticed(database, update(table).where(*here).values({name: other(value, name, ids)})):
                unseen.append((name, value))
    assert rows and tried >= 4 * len(rows)
    assert unseen == []


async def is_noticed(database: Database, statement: Any) -> bool:
    """Whether a change is refused or found; it is taken back."""
    try:
        async with database.write() as session:
            await session.execute(statement)
            raise LookupError(len(await prove(session)))
    except IntegrityError:
        return True
    except LookupError as found:
        return bool(found.args[0])


async def test_the_nightly_proof_gives_a_look_up_that_finds_a_fault(database: Database, two_tenants: TwoTenants) -> None:
    await some_movements(database, two_tenants.one)
    clock = MovableClock()
    await outbox.begin_rounds(database, proving.handlers(database, clock), at=NOW)

    async def night() -> Mapping[str, str]:
        clock.at = proving.next_night(clock.at)
        while await outbox.run_once(database, proving.handlers(database, clock), clock, worker="test"):
            pass
        async with database.read() as session:
            tonight = col(OutboxRow.subject).startswith(f"ledger_look:{day_of(clock.at)}")
            rows = await session.scalars(select(OutboxRow).where(tonight))
            return {row.payload["look"]: row.state for row in rows}

    first = await night()
    await change(database, update(LedgerAccount).where(col(LedgerAccount.id) == two_tenants.one.wallets["root"]).values(balance=1))
    second = await night()

    assert set(first.values()) == {"DONE"} and first.keys() == second.keys() == LOOKS.keys()
    assert [name for name, state in second.items() if state == "DEAD"] == ["balances"]
    assert (clock.at - NOW).days == 1


async def test_the_command(
    database: Database, two_tenants: TwoTenants, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))
    await some_movements(database, two_tenants.one)

    async def run() -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "prove"])
        return result.exit_code, result.output

    code, output = await run()
    assert (code, output.splitlines()[-1]) == (0, "the ledger holds")
    assert output.startswith("checked ") and "5 transfers, 14 entries, 0 holds, 0 lots, 0 uses of lots" in output

    wallet_id = two_tenants.one.wallets["root"]
    await change(database, update(LedgerAccount).where(col(LedgerAccount.id) == wallet_id).values(balance=1))
    code, output = await run()
    assert code == 1
    assert f"\n{wallet_id}: balance is 1, its entries sum to " in output and output.endswith("1 faults in the ledger\n")
