"""The driver's few connections: shared, given back whatever happens, and what happened told apart."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Integer, bindparam, func, literal_column, select, text

from store import driver
from store.faults import StoreBusy, StoreLost
from store.session import Database
from store.statements import Prepared

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
ONE: Any = Prepared(select(bindparam("one", type_=Integer)))
SLEEP: Any = Prepared(select(func.pg_sleep(bindparam("seconds", type_=Integer)).op("IS")(literal_column("NULL"))))
END: Any = Prepared(select(func.pg_terminate_backend(func.pg_backend_pid())))
MINE: Any = Prepared(select(func.pg_backend_pid()))
STILL_ASLEEP = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")


async def read(database: Database, statement: Any, **values: Any) -> Any:
    """The first value of a statement."""
    async with database.read() as session:
        return (await session.rows(statement, **values))[0][0]


async def test_many_readers_share_few_connections(database: Database) -> None:
    seen = await asyncio.gather(*(read(database, MINE) for _ in range(200)))

    assert 1 < len(set(seen)) <= driver.MOST_CONNECTIONS
    assert await read(database, ONE, one=1) == 1


async def test_one_after_the_other_the_same_connection_answers(database: Database) -> None:
    assert len({await read(database, MINE) for _ in range(5)}) == 1


async def test_who_waits_too_long_for_a_connection_is_told_that_the_store_is_busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "WAIT_SECONDS", 0.2)
    holders = [asyncio.create_task(read(database, SLEEP, seconds=2)) for _ in range(driver.MOST_CONNECTIONS)]
    await asyncio.sleep(0.1)

    with pytest.raises(StoreBusy):
        await read(database, ONE, one=1)

    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)
    assert await read(database, ONE, one=1) == 1


async def test_what_takes_too_long_is_broken_off_at_the_server_too(database: Database) -> None:
    assert database.driver is not None
    database.driver._options["command_timeout"] = 0.2

    with pytest.raises(StoreBusy):
        await read(database, SLEEP, seconds=60)

    await asyncio.gather(*database.driver._ending)
    async with database.write() as session:
        assert (await session.execute(STILL_ASLEEP)).scalar_one() == 0


async def test_a_reader_that_goes_away_leaves_nothing_running_and_no_connection_lost(database: Database) -> None:
    assert database.driver is not None
    for _ in range(driver.MOST_CONNECTIONS + 1):
        task = asyncio.create_task(read(database, SLEEP, seconds=60))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await read(database, ONE, one=1) == 1
    await asyncio.gather(*database.driver._ending)
    async with database.write() as session:
        assert (await session.execute(STILL_ASLEEP)).scalar_one() == 0


async def test_a_connection_that_the_server_ends_is_lost_once_and_replaced(database: Database) -> None:
    with pytest.raises(StoreLost):
        await read(database, END)

    assert await read(database, ONE, one=1) == 1


async def test_connections_that_ended_while_idle_are_not_noticed_by_readers(database: Database) -> None:
    await asyncio.gather(*(read(database, MINE) for _ in range(50)))
    async with database.write() as session:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        await session.execute(text(others))
    await asyncio.sleep(0.1)

    assert await asyncio.gather(*(read(database, ONE, one=1) for _ in range(50))) == [1] * 50


async def test_a_server_that_is_not_there_is_lost(database_url: str) -> None:
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(StoreLost):
        await read(nowhere, ONE, one=1)

    await nowhere.close()


async def test_a_connection_that_is_broken_off_while_it_is_made_does_not_stay(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    assert database.driver is not None
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(asyncpg.Connection, "set_type_codec", gone)
        for _ in range(driver.MOST_CONNECTIONS + 1):
            with pytest.raises(asyncio.CancelledError):
                await read(database, ONE, one=1)
    await asyncio.gather(*database.driver._ending)

    others = Prepared(select(func.count()).select_from(text("pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")))
    assert await read(database, others) == 0


@pytest.mark.parametrize("kept", [0, 50])
async def test_poolers_that_hand_on_statements_get_none_kept(database_url: str, kept: int) -> None:
    other = Database(f"{database_url}&prepared_statement_cache_size={kept}")

    seen = [await read(other, ONE, one=number) for number in range(3)]
    names = await read(other, Prepared(select(func.count()).select_from(text("pg_prepared_statements"))))

    assert seen == [0, 1, 2]
    assert (names == 0) == (kept == 0)
    await other.close()


async def test_a_statement_whose_table_changes_is_prepared_again(database: Database) -> None:
    statement: Any = Prepared(select(text("* FROM changing")))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE changing AS SELECT 1 AS one"))
    before = await read(database, statement)
    async with database.write() as session:
        await session.execute(text("ALTER TABLE changing ALTER COLUMN one TYPE text"))

    assert (before, await read(database, statement)) == (1, "1")
