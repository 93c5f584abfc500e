"""Reads on asyncpg itself: a few PostgreSQL connections outside of transactions, where a prepared statement costs one round trip."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import URL

from store.faults import GAVE_WAY, LOST, WAIT_SECONDS, StoreBusy, StoreLost
from store.statements import DIALECT

MOST_CONNECTIONS = 10
PREPARED_KEPT = 200
"""Prepared statements of one connection, which take PostgreSQL's memory too."""
FULL = {"53300"}
"""PostgreSQL's state when it has no connection left."""


class Driver:
    """Connections for single statements, each on a snapshot of its own, as in READ COMMITTED; nothing here changes a connection's state.

    `listeners` are told the text of each statement, `span` is entered around it.
    """

    def __init__(self, url: URL) -> None:
        _, options = DIALECT.create_connect_args(url)
        # the engine's name for this setting; 0 is for poolers that hand each statement to another server process
        kept = options.pop("prepared_statement_cache_size", PREPARED_KEPT)
        self._options = {"statement_cache_size": kept, "timeout": WAIT_SECONDS, "command_timeout": WAIT_SECONDS, **options}
        self._idle: list[Any] = []
        self._is_open = True
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)
        self._ending: set[asyncio.Task[None]] = set()
        self.listeners: list[Callable[[str], Any]] = []
        self.span: Callable[[str], AbstractContextManager[object]] | None = None

    async def fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """The rows of one statement; raises `StoreBusy` when no connection is free or no answer there in 10 s, `StoreLost`."""
        for listener in self.listeners:
            listener(text)
        try:
            connection = await self._taken()
            try:
                rows: Sequence[Any]
                if self.span is None:
                    rows = await connection.fetch(text, *arguments)
                else:
                    with self.span(text):
                        rows = await connection.fetch(text, *arguments)
            except BaseException:
                self._let_go(connection, is_sound=False)
                raise
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _tell_apart(error)
            raise
        self._let_go(connection, is_sound=self._is_open)
        return rows

    @property
    def used(self) -> tuple[int, int]:
        """Connections in use and open ones that wait."""
        return MOST_CONNECTIONS - self._free._value, len(self._idle)

    async def close(self) -> None:
        """Closes every connection."""
        self._is_open = False
        while self._idle:
            self._end(self._idle.pop())
        await asyncio.gather(*self._ending)

    async def _taken(self) -> Any:
        """A connection that nobody else uses, the one used last first."""
        if self._free.locked():
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        else:
            await self._free.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await self._connected()
        except BaseException:
            self._free.release()
            raise

    async def _connected(self) -> Any:
        """A new connection; JSON is read as on SQLite."""
        connection = await asyncpg.connect(**self._options)
        try:
            for kind in ("json", "jsonb"):
                await connection.set_type_codec(kind, schema="pg_catalog", encoder=str, decoder=msgspec.json.decode)
        except BaseException:  # who asked is gone, or the server: nobody else knows of this connection
            self._end(connection)
            raise
        return connection

    def _let_go(self, connection: Any, *, is_sound: bool) -> None:
        """Keeps the connection for the next statement, or ends it: what was broken off may still be running on it."""
        if is_sound:
            self._idle.append(connection)
        else:
            self._end(connection)
        self._free.release()

    def _end(self, connection: Any) -> None:
        """Ends a connection in the background, together with what still runs on it."""
        task = asyncio.create_task(_ended(connection))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _ended(connection: Any) -> None:
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await connection.close(timeout=WAIT_SECONDS)


def _tell_apart(error: Exception) -> None:
    """Tells what the server did to us from what we did wrong: raises `StoreBusy` or `StoreLost`, or nothing."""
    if isinstance(error, TimeoutError):
        raise StoreBusy from None
    if isinstance(error, OSError):
        raise StoreLost(str(error)) from error
    state = getattr(error, "sqlstate", None) or ""
    if state in GAVE_WAY or state in FULL:
        raise StoreBusy from error
    if state.startswith(LOST) or "closed" in str(error):
        raise StoreLost(str(error)) from error
