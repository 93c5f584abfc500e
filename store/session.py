"""Opens SQL sessions, for reading and for writing; the one place where an engine exists."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

WAIT_SECONDS = 10
GAVE_WAY = {"40P01", "40001", "55P03"}
"""PostgreSQL's states of a transaction that was undone for another's sake: deadlock, serialization, lock not available."""


class StoreBusy(Exception):
    """Another writer held the store for too long; nothing was done."""


class StoreLost(OSError):
    """The connection broke in the middle: what was under way is undone, or done if it had come to its last step; the same key tells."""


def sqlite_engine(url: str, begin: str, *, foreign_keys: bool = True) -> AsyncEngine:
    """An engine whose transactions really begin with `begin`: the driver's own habit loses updates."""
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        checks = "foreign_keys=ON" if foreign_keys else "foreign_keys=OFF"
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", checks, f"busy_timeout={WAIT_SECONDS * 1000}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


class Database:
    """A SQL store on SQLite or PostgreSQL, by URL."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._reader, self._writer = sqlite_engine(url, "BEGIN"), sqlite_engine(url, "BEGIN IMMEDIATE")
            self._turn: asyncio.Lock | None = asyncio.Lock()
        else:
            self._reader = self._writer = create_async_engine(url, pool_size=10, max_overflow=20, pool_timeout=WAIT_SECONDS)
            self._turn = None
        self._read = async_sessionmaker(self._reader, class_=AsyncSession, expire_on_commit=False, autoflush=False)
        self._write = async_sessionmaker(self._writer, class_=AsyncSession, expire_on_commit=False)

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """The engines in use, for counting statements and for closing."""
        return (self._reader,) if self._reader is self._writer else (self._reader, self._writer)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A short session for one batch of reads; never commits; raises `StoreBusy` when no connection is free in 10 s, `StoreLost`."""
        async with self._read() as session:
            with _told_apart():
                await _begun(session)
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on any error.

        Raises `StoreBusy` when it can't begin in 10 s or had to give way to another, `StoreLost` when its connection broke.
        """
        async with AsyncExitStack() as stack:
            if self._turn is not None:
                try:
                    await asyncio.wait_for(self._turn.acquire(), WAIT_SECONDS)
                except TimeoutError:
                    raise StoreBusy from None
                stack.callback(self._turn.release)
            session = await stack.enter_async_context(self._write())
            with _told_apart():
                await _begun(session)
                async with _committing(session):
                    yield session

    async def close(self) -> None:
        """Closes every connection."""
        for engine in self.engines:
            await engine.dispose()


async def _begun(session: AsyncSession) -> None:
    """Takes a connection and begins; a pool without a free one and a file that somebody else writes are `StoreBusy`."""
    try:
        await session.connection()
    except PoolTimeout:
        raise StoreBusy from None
    except OperationalError as error:
        if "locked" in str(error):
            raise StoreBusy from None
        raise


@contextmanager
def _told_apart() -> Iterator[None]:
    """Tells what the server did to us from what we did wrong."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreLost(str(error.orig)) from error
        if getattr(error.orig, "sqlstate", None) in GAVE_WAY:
            raise StoreBusy from error
        raise


@asynccontextmanager
async def _committing(session: AsyncSession) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await session.rollback()
        raise
    await session.commit()
