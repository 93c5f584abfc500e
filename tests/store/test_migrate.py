"""The one migration history leads an empty database of either engine to the tables as the code has them, once, and keeps data."""

import asyncio
import pkgutil
import uuid
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, inspect, table, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel, select

import auth
import domain
import store
from domain.tickets.tables import Ticket
from domain.wallet.proof import counted, prove
from store import migrate
from store.session import Database
from store.shape import newest, pending


def import_every_table() -> None:
    """Fills the metadata with each table that exists anywhere, so that one missing from the history is noticed."""
    for package in (auth, domain, store):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith((".tables", ".outbox")):
                import_module(module.name)


def differences(connection: Connection) -> list[object]:
    """What a new migration would have to do."""
    context = MigrationContext.configure(connection, opts={"include_object": migrate.is_migrated})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_history_ends_at_the_tables_of_the_code(empty_database_url: str) -> None:
    import_every_table()

    await migrate.upgrade(empty_database_url)

    engine = create_async_engine(empty_database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert SQLModel.metadata.tables.keys() <= set(await connection.run_sync(lambda plain: inspect(plain).get_table_names()))
    await engine.dispose()


async def test_a_second_upgrade_changes_nothing(empty_database_url: str) -> None:
    assert await pending(empty_database_url)
    await migrate.upgrade(empty_database_url)
    assert not await pending(empty_database_url)

    await migrate.upgrade(empty_database_url)

    assert not await pending(empty_database_url)


def test_the_newest_migration_is_known_without_alembic() -> None:
    assert newest() == ScriptDirectory.from_config(Config(migrate.CONFIGURATION)).get_current_head()


async def test_two_processes_that_start_at_once_take_turns(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate.upgrade(empty_database_url) for _ in range(3)))

    assert not await pending(empty_database_url)


async def test_a_row_without_its_parent_stops_the_upgrade_of_sqlite(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}"
    await migrate.upgrade(url)
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE child (parent TEXT REFERENCES organizations (id))"))
        await connection.execute(text("INSERT INTO child VALUES ('nobody')"))
    await engine.dispose()

    with pytest.raises(RuntimeError, match="without its parent"):
        await migrate.upgrade(url)


@pytest.mark.parametrize(("kind", "department"), [("si", "network"), ("or", "billing"), (None, "customers")])
async def test_requests_from_before_get_a_department_and_a_time_to_be_brought_back(
    empty_database_url: str, kind: str | None, department: str
) -> None:
    at = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    company = {"id": uuid.uuid4(), "name": "Arya", "name_fold": "arya", "legal_id": "10380284790", "contacts": [], "locale": "EN", "created_at": at}
    request = {
        "id": uuid.uuid4(), "organization_id": company["id"], "number": "T-1", "path": "a.", "title": "No data", "search": "t-1nodata",
        "state": "RESOLVED", "state_since": at, "priority": "LOW", "about_kind": kind, "by": {}, "opened_at": at,
    }  # fmt: skip

    def before(connection: Connection) -> None:
        command.upgrade(migrate._configuration(connection), "0007")
        for name, row in (("organizations", company | {"last_seq": 0}), ("tickets", request)):
            columns = SQLModel.metadata.tables[name].columns
            connection.execute(table(name, *(column(key, columns[key].type) for key in row)).insert().values(row))

    engine = migrate._engine(empty_database_url)
    async with engine.begin() as connection:
        await connection.run_sync(before)
    await engine.dispose()

    await migrate.upgrade(empty_database_url)

    engine = create_async_engine(empty_database_url)
    async with engine.connect() as connection:
        found = (await connection.execute(select(Ticket.department, Ticket.closes_at))).one()
    await engine.dispose()
    assert tuple(found) == (department, at + timedelta(days=7))


async def test_a_ledger_from_before_is_sealed_as_it_is(empty_database_url: str) -> None:
    at, (company, wallet, house, moved) = datetime(2026, 11, 1, 8, 0, 0, 7, tzinfo=UTC), (uuid.uuid4() for _ in range(4))
    own = {"organization_id": company}
    purse = own | {"ceiling": None, "entry_count": 1}
    entry = own | {"transfer_id": moved, "seq": 1, "posted_at": at, "path": "a."}
    rows: list[tuple[str, dict[str, object]]] = [
        ("organizations", {"id": company, "name": "Arya", "name_fold": "arya", "legal_id": "10380284790", "contacts": [], "locale": "EN", "created_at": at, "last_seq": 0}),
        ("ledger_accounts", purse | {"id": wallet, "kind": "WALLET", "owner_kind": "ac", "owner_id": uuid.uuid4(), "balance": 500, "held": 40, "floor": -3, "lot_months": 12}),
        ("ledger_accounts", purse | {"id": house, "kind": "CLEARING", "owner_kind": "og", "owner_id": company, "balance": -500, "held": 0, "floor": None, "lot_months": None}),
        ("ledger_transfers", own | {"id": moved, "posted_at": at, "reason": "TOP_UP", "by": {"label": "سارا", "id": "0", "a": None}, "cause_kind": "or", "cause_id": uuid.uuid4(), "memo": "«پایا» \"7\"\\\n", "reverses_id": None}),
        ("ledger_entries", entry | {"id": uuid.uuid4(), "ledger_account_id": wallet, "amount": 500, "balance_after": 500}),
        ("ledger_entries", entry | {"id": uuid.uuid4(), "ledger_account_id": house, "amount": -500, "balance_after": -500}),
        ("ledger_holds", own | {"id": uuid.uuid4(), "ledger_account_id": wallet, "amount": 50, "remaining": 40, "cause_kind": "or", "cause_id": uuid.uuid4(), "held_at": at}),
        ("wallet_lots", own | {"id": uuid.uuid4(), "ledger_account_id": wallet, "transfer_id": moved, "amount": 500, "remaining": 500, "created_at": at, "expires_at": at + timedelta(days=365)}),
    ]  # fmt: skip

    def before(connection: Connection) -> None:
        command.upgrade(migrate._configuration(connection), "0023")
        for name, row in rows:
            columns = SQLModel.metadata.tables[name].columns
            connection.execute(table(name, *(column(key, columns[key].type) for key in row)).insert().values(row))

    engine = migrate._engine(empty_database_url)
    async with engine.begin() as connection:
        await connection.run_sync(before)
    await engine.dispose()

    await migrate.upgrade(empty_database_url)

    database = Database(empty_database_url)
    async with database.snapshot() as session:
        assert await prove(session) == []
        assert (await counted(session)) == {"ledger accounts": 2, "transfers": 1, "entries": 2, "holds": 1, "lots": 1, "uses of lots": 0}
    await database.close()
