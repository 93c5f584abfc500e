"""The rows of SQL out of one snapshot and into an empty database, the same values on SQLite and PostgreSQL."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    cast,
    func,
    select,
    text,
)  # fmt: skip
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from store import migrate
from store.session import sqlite_engine

AT_ONCE: Final = 2_000
LARGE_AT_ONCE: Final = 8
"""Rows of a frame; fewer where they hold files."""
LARGE: Final = frozenset({"file_blocks"})
OF_TYPES: Final[Sequence[tuple[type[Any], Any]]] = (
    (JSON, str), (String, str), (Uuid, UUID), (DateTime, datetime), (Date, date), (Boolean, bool), (Numeric, Decimal), (LargeBinary, bytes),
    (BigInteger, int), (Integer, int),
)  # fmt: skip
ENCODER: Final = msgspec.msgpack.Encoder(uuid_format="bytes", decimal_format="string")


def tables() -> Sequence[Table]:
    """Every table, parents before children as far as there is such an order."""
    metadata: MetaData = SQLModel.metadata
    return metadata.sorted_tables


def columns(table: Table) -> Sequence[Column[Any]]:
    """The columns that hold values of their own; the database makes the others of these."""
    return [column for column in table.columns if column.computed is None]


def at_once(table: str) -> int:
    """How many rows of a table are held at once."""
    return LARGE_AT_ONCE if table in LARGE else AT_ONCE


def decoder(table: Table) -> msgspec.msgpack.Decoder[list[tuple[Any, ...]]]:
    """Reads rows of a table back in the types they had."""
    kinds = tuple(_kind(column) for column in columns(table))
    return msgspec.msgpack.Decoder(list[tuple[kinds]])  # type: ignore[valid-type]


def _kind(column: Column[Any]) -> Any:
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kind = next(python for sql, python in OF_TYPES if isinstance(plain, sql))
    return kind | None if column.nullable else kind


class Snapshot:
    """All rows as they stood at one instant, however long it takes to read them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def rows(self, table: Table) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
        """The rows of a table, some at a time; JSON as its text, so that an absent value stays apart from a null."""
        wanted = [cast(column, Text) if isinstance(column.type, JSON) else column for column in columns(table)]
        size = at_once(table.name)
        async with self._connection.stream(select(*wanted).execution_options(yield_per=size)) as found:
            async for some in found.partitions(size):
                yield [tuple(row) for row in some]

    async def later(self, column: Column[Any], values: Sequence[Any]) -> set[Any]:
        """Those of these values that a column has by now, and didn't have then."""
        asked = select(column).where(column.in_(values))
        then = set((await self._connection.execute(asked)).scalars())
        async with self._connection.engine.connect() as now:
            return set((await now.execute(asked)).scalars()) - then


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Snapshot]:
    """Opens a snapshot; neither writers nor readers wait for it."""
    engine = sqlite_engine(url, "BEGIN") if url.startswith("sqlite") else create_async_engine(url, isolation_level="REPEATABLE READ")
    try:
        async with engine.connect() as connection:
            await connection.execute(select(func.count()).select_from(tables()[0]))  # what is seen from now on is settled by the first read
            yield Snapshot(connection)
    finally:
        await engine.dispose()


async def strangers(url: str) -> Sequence[str]:
    """Migrates a database and names the tables that hold rows no migration puts there: none in an empty place."""
    await migrate.upgrade(url)
    with tempfile.TemporaryDirectory() as folder:
        fresh = f"sqlite+aiosqlite:///{folder}/fresh.db"
        await migrate.upgrade(fresh)
        born_full = await _full(fresh)
    return sorted(await _full(url) - born_full)


async def _full(url: str) -> set[str]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return {table.name for table in tables() if (await connection.execute(select(table.primary_key.columns[0]).limit(1))).first()}
    finally:
        await engine.dispose()


class Loading:
    """Puts rows into a database whose foreign keys are looked at in the end."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._processors: dict[str, Sequence[Any]] = {}

    async def put(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows of a table."""
        if self._is_sqlite:
            names = ", ".join(f'"{column.name}"' for column in columns(table))
            places = ", ".join("?" * len(columns(table)))
            statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608 (names of our own tables)
            await self._connection.exec_driver_sql(statement, list(self._bound(table, rows)))
            return
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table(table.name, records=rows, columns=[column.name for column in columns(table)])

    def _bound(self, table: Table, rows: Iterable[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
        """The rows as SQLite keeps them."""
        if table.name not in self._processors:
            dialect = self._connection.dialect
            self._processors[table.name] = [
                None if isinstance(column.type, JSON) else column.type.dialect_impl(dialect).bind_processor(dialect)
                for column in columns(table)
            ]
        processors = self._processors[table.name]
        for row in rows:
            yield tuple(value if process is None else process(value) for process, value in zip(processors, row, strict=True))


@asynccontextmanager
async def loading(url: str) -> AsyncIterator[Loading]:
    """One transaction that fills an empty database: everything, or nothing; raises `ValueError` for a row without its parent."""
    engine = sqlite_engine(url, "BEGIN IMMEDIATE", foreign_keys=False) if url.startswith("sqlite") else create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for table in reversed(tables()):
                await connection.execute(table.delete())  # what migrations put there comes back with the rest
            keys = await _without_keys(connection)
            yield Loading(connection)
            await _with_keys(connection, keys)
    finally:
        await engine.dispose()


async def _without_keys(connection: AsyncConnection) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Takes foreign keys away on PostgreSQL and returns them by table: rows point at rows of their own table that come later."""
    if connection.dialect.name == "sqlite":
        return {}
    found = await connection.execute(
        text(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        )
    )
    keys: dict[str, list[tuple[str, str]]] = {}
    for table, name, definition in found:
        keys.setdefault(table, []).append((name, definition))
    for table, of_table in keys.items():
        await connection.execute(text(f"ALTER TABLE {table} " + ", ".join(f'DROP CONSTRAINT "{name}"' for name, _ in of_table)))
    return keys


async def _with_keys(connection: AsyncConnection, keys: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Puts foreign keys back, which looks at every row, and numbers go on where they were."""
    if connection.dialect.name == "sqlite":
        if broken := (await connection.execute(text("PRAGMA foreign_key_check"))).first():
            raise ValueError(f"a row of {broken[0]} without its parent")
        return
    for table, of_table in keys.items():
        await connection.execute(text(f"ALTER TABLE {table} " + ", ".join(f'ADD CONSTRAINT "{name}" {how}' for name, how in of_table)))
    for one in tables():
        if (column := one.autoincrement_column) is not None and isinstance(column.type, Integer):
            top = select(func.max(column)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(one.name, column.name)
            await connection.execute(select(func.setval(sequence, func.coalesce(top, 1), top.is_not(None))).where(sequence.is_not(None)))
    await connection.execute(text("ANALYZE"))


