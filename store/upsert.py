"""Inserts of many rows: those that tolerate what is there already, and those that take thousands, on both engines."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel


async def insert_or_ignore(session: AsyncSession, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows that break no unique key and returns how many; on PostgreSQL it waits for a concurrent insert of the same key."""
    if not rows:
        return 0
    dialect = (await session.connection()).dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    done = await session.execute(insert(table).values([dict(row) for row in rows]).on_conflict_do_nothing())
    return int(done.rowcount)  # type: ignore[attr-defined]


async def insert_all(session: AsyncSession, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows with the same keys in one statement, however many of their values are null."""
    if rows:
        connection = await session.connection()
        await connection.execute(plain_insert(table.__table__), rows)  # type: ignore[attr-defined]
