"""Transactions on both engines: what was read and written back at once by many is all applied."""

import asyncio
import random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from store.faults import StoreLost
from store.outbox import OutboxRow, send
from store.session import Database
from tests.world import NOW

WRITERS = 500
CLIENTS, KILLS = 12, 300


async def test_five_hundred_read_modify_writes_at_once_are_all_applied(database: Database) -> None:
    async with database.write() as session:
        await send(session, "counter", {"n": 0}, subject="s", at=NOW)

    async def add_one() -> None:
        async with database.write() as session:
            row = (await session.scalars(select(OutboxRow).where(col(OutboxRow.subject) == "s").with_for_update())).one()
            await asyncio.sleep(0)  # let the others in between reading and writing
            row.attempts += 1

    for _ in range(WRITERS // 25):  # no more at once than PostgreSQL has connections here
        await asyncio.gather(*(add_one() for _ in range(25)))

    async with database.read() as session:
        assert (await session.scalars(select(OutboxRow.attempts))).one() == WRITERS


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_five_hundred_writers_of_two_processes_wait_for_each_other(database: Database, database_url: str) -> None:
    """Two stores on one file stand for two processes: the lock of one process doesn't help, the file's has to."""
    other = Database(database_url)
    async with database.write() as session:
        await send(session, "counter", {"n": 0}, subject="s", at=NOW)

    async def add_one(store: Database) -> None:
        async with store.write() as session:
            row = (await session.scalars(select(OutboxRow))).one()
            await asyncio.sleep(0)
            row.attempts += 1

    await asyncio.gather(*(add_one(store) for _ in range(WRITERS // 2) for store in (database, other)))
    await other.close()

    async with database.read() as session:
        assert (await session.scalars(select(OutboxRow.attempts))).one() == WRITERS


async def test_an_error_inside_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as session:
            await send(session, "counter", {}, subject="s", at=NOW)
            await session.flush()
            raise ZeroDivisionError

    async with database.read() as session:
        assert (await session.scalars(select(OutboxRow))).all() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_writers_that_wait_for_each_other_in_a_ring_are_told_apart_from_a_bug(database: Database) -> None:
    async with database.write() as session:
        for subject in ("a", "b"):
            await send(session, "counter", {}, subject=subject, at=NOW)
    both_hold = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with database.write() as session:
            await session.execute(select(OutboxRow).where(OutboxRow.subject == first).with_for_update())
            await both_hold.wait()
            await session.execute(select(OutboxRow).where(OutboxRow.subject == second).with_for_update())

    ends = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "StoreBusy"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_broken_connection_is_told_apart_from_a_bug_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(StoreLost):
        async with database.write() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    async with database.read() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_connection_that_breaks_at_any_moment_is_lost_and_nothing_else(database: Database, database_url: str) -> None:
    """Also while it is closed or rolled back: whoever has read what they wanted hears nothing of it, and the pool gets it back."""
    async with database.write() as session:
        for index in range(CLIENTS):
            await send(session, "counter", {}, subject=str(index), at=NOW)
    killer, dice, is_over = create_async_engine(database_url, isolation_level="AUTOCOMMIT"), random.Random(1405), asyncio.Event()
    ends = {"read": 0, "written": 0, "lost": 0}

    async def client(index: int) -> None:
        mine = text("UPDATE outbox SET attempts = attempts + 1 WHERE subject = :subject")
        while not is_over.is_set():
            is_reading = dice.random() < 0.5
            try:
                async with database.read() if is_reading else database.write() as session:
                    for _ in range(dice.randint(1, 3)):
                        await session.execute(text("SELECT count(*) FROM outbox") if is_reading else mine, {} if is_reading else {"subject": str(index)})
                ends["read" if is_reading else "written"] += 1
            except StoreLost:
                ends["lost"] += 1

    async def killing() -> None:
        some = "(SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2)"
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0, 0.02))
            async with killer.connect() as connection:
                await connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM {some} AS ended"))
        is_over.set()

    try:
        await asyncio.gather(killing(), *(client(index) for index in range(CLIENTS)))
    finally:
        is_over.set()
        await killer.dispose()
    assert min(ends.values()) > 0
    assert database.pools()["sessions", "used"] == 0
