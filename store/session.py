"""Opens SQL sessions, for reading and for writing; the one place where an engine exists."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any

from sqlalchemy import Select, event
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from store.driver import Driver
from store.faults import GAVE_WAY, LOST, WAIT_SECONDS, StoreBusy, StoreLost
from store.fragments import WAITING, give_function
from store.revisions import Memory
from store.statements import Bound, Prepared

MOST_SESSIONS = 20
"""Connections to PostgreSQL at once for writing and for reads that aren't prepared; half of them are kept open."""

PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "mmap_size=2147418112")
"""Besides what keeps data whole: 64 MB of pages a connection, and the file read where the system has it in memory already."""

def sqlite_engine(url: str, begin: str, *, foreign_keys: bool = True) -> AsyncEngine:
    """An engine whose transactions really begin with `begin`: the driver's own habit loses updates."""
    engine = create_async_engine(url, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        give_function(connection)
        cursor = connection.cursor()
        checks = "foreign_keys=ON" if foreign_keys else "foreign_keys=OFF"
        for pragma in (*PRAGMAS, checks, f"busy_timeout={WAIT_SECONDS * 1000}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


class Session(AsyncSession):
    """What reads and writes are written against: a session of SQLAlchemy that makes itself on its first use, and a short way to rows.

    Most reads take the short way alone, and never pay for the session.
    """

    def __init__(self, engine: AsyncEngine, *, driver: Driver | None = None, autoflush: bool = True) -> None:
        self._engine, self._driver, self._autoflush = engine, driver, autoflush

    @property
    def is_made(self) -> bool:
        """Whether there is more to it than the short way."""
        return "sync_session" in self.__dict__

    def __getattr__(self, name: str) -> Any:
        if self.is_made:
            raise AttributeError(name)
        super().__init__(self._engine, expire_on_commit=False, autoflush=self._autoflush)
        return getattr(self, name)

    async def __aexit__(self, *failure: Any) -> None:
        if self.is_made:
            try:
                await super().__aexit__(*failure)
            except SQLAlchemyError:  # its connection broke: what was read is read, and nothing that wasn't committed stays
                await self.invalidate()

    async def rollback(self) -> None:
        """Undoes everything; a connection that broke is given up, which undoes it as well."""
        try:
            await super().rollback()
        except SQLAlchemyError:
            await self.invalidate()

    async def rows(self, statement: Select[Any] | Prepared | Bound, **values: Any) -> Sequence[Any]:
        """The positional rows of a statement with these values; a named parameter without a value is an error.

        Those of a prepared statement come from the driver where there is one, so that each statement sees what is committed by then: what
        a READ COMMITTED transaction sees as well.
        """
        if isinstance(statement, Select):
            return list(await self.execute(statement, values))
        if isinstance(statement, Bound):
            values = {**statement.values, **values}
            statement = statement.prepared
        if self._driver is None:
            return list(await self.execute(statement.select, values))
        driven = statement.driven
        return driven.rows(await self._driver.fetch(driven.text, driven.arguments(values)))


class Database:
    """A SQL store on SQLite or PostgreSQL, by URL; `memory` is what this process keeps of its rows."""

    def __init__(self, url: str) -> None:
        self.memory = Memory()
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._reader, self._writer = sqlite_engine(url, "BEGIN"), sqlite_engine(url, "BEGIN IMMEDIATE")
            self._turn: asyncio.Lock | None = asyncio.Lock()
            self.driver: Driver | None = None
        else:
            engine = create_async_engine(
                url, pool_size=MOST_SESSIONS // 2, max_overflow=MOST_SESSIONS // 2, pool_timeout=WAIT_SECONDS, hide_parameters=True,
                connect_args={"server_settings": WAITING},
            )  # fmt: skip
            self._reader = self._writer = engine
            self._turn = None
            self.driver = Driver(engine.url)

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """The engines in use, for counting statements and for closing."""
        return (self._reader,) if self._reader is self._writer else (self._reader, self._writer)

    def read(self) -> AbstractAsyncContextManager[Session]:
        """A short session for one batch of reads; never commits; raises `StoreBusy` when no connection is free in 10 s, `StoreLost`."""
        return _Reading(Session(self._reader, driver=self.driver, autoflush=False))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Session]:
        """A session whose reads all see one state of the store, however long they take; never commits.

        Raises `StoreBusy` and `StoreLost` as `read` does.
        """
        async with Session(self._reader, autoflush=False) as session:
            with _told_apart():
                await session.connection(execution_options={} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"})
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
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
            session = await stack.enter_async_context(Session(self._writer))
            with _told_apart():
                await session.connection()
                async with _committing(session):
                    yield session

    def pools(self) -> Mapping[tuple[str, str], int]:
        """How many connections of each pool are in use and idle."""
        names = ("reading", "writing") if self.is_sqlite else ("sessions",)
        counts: dict[tuple[str, str], int] = {}
        for name, engine in zip(names, self.engines, strict=True):
            counts |= {(name, "used"): engine.pool.checkedout(), (name, "idle"): engine.pool.checkedin()}  # type: ignore[attr-defined]
        if self.driver is not None:
            counts["statements", "used"], counts["statements", "idle"] = self.driver.used
        return counts

    def trace(self, span: Callable[[str], AbstractContextManager[object]]) -> None:
        """Enters a span around each statement from now on."""
        for engine in self.engines:
            _traced(engine, span)
        if self.driver is not None:
            self.driver.span = span

    async def close(self) -> None:
        """Closes every connection."""
        if self.driver is not None:
            await self.driver.close()
        for engine in self.engines:
            await engine.dispose()


def _traced(engine: AsyncEngine, span: Callable[[str], AbstractContextManager[object]]) -> None:
    """Enters a span around each statement of an engine."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def before(_: Any, __: Any, statement: str, ___: Any, context: Any, ____: bool) -> None:
        context.span = span(statement)
        context.span.__enter__()

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def after(_: Any, __: Any, ___: str, ____: Any, context: Any, _____: bool) -> None:
        context.span.__exit__(None, None, None)

    @event.listens_for(engine.sync_engine, "handle_error")
    def failed(fault: Any) -> None:
        if (open_span := getattr(fault.execution_context, "span", None)) is not None:
            open_span.__exit__(None, None, None)


class _Reading(AbstractAsyncContextManager[Session]):
    """A session that is only read in; a class, since every batch of reads opens one and a generator costs five times as much."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __aenter__(self) -> Session:
        return self._session

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session.is_made:
            await self._session.__aexit__(kind, error, trace)
        if isinstance(error, SQLAlchemyError):
            with _told_apart():
                raise error


@contextmanager
def _told_apart() -> Iterator[None]:
    """Tells what others did to us from what we did wrong; a pool without a free connection and a file somebody else writes are busy."""
    try:
        yield
    except PoolTimeout:
        raise StoreBusy from None
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(LOST):
            raise StoreLost(str(error.orig)) from error
        if state in GAVE_WAY or (isinstance(error, OperationalError) and "locked" in str(error.orig)):
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
