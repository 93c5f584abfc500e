"""Inserts of many rows: those that tolerate what is there already, and those that take any number, on both engines."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from store.models import rows_changed, table_of
from store.session import Session

AT_ONCE = 5_000


async def insert_or_ignore(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows that break no unique key and returns how many; on PostgreSQL it waits for a concurrent insert of the same key."""
    if not rows:
        return 0
    done = await session.execute((await _insert(session, table)).values([dict(row) for row in rows]).on_conflict_do_nothing())
    return rows_changed(done)


async def insert_all(
    session: Session, table: type[SQLModel], rows: Iterable[Mapping[str, Any]], *, ignores_known: bool = False
) -> None:
    """Inserts rows with the same keys a few thousand at a time, so that any number of them may come out of a generator.

    With `ignores_known` rows that break a unique key are left out, but not counted.
    """
    source, connection = iter(rows), await session.connection()
    insert = await _insert(session, table)
    statement = insert.on_conflict_do_nothing() if ignores_known else insert
    while some := list(islice(source, AT_ONCE)):
        await connection.execute(statement, some)


async def insert_or_add(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]], *, added: Sequence[str]) -> None:
    """Inserts rows, or adds the `added` numbers of each to the row of the same primary key; a key stands in `rows` once."""
    target = table_of(table)
    insert = await _insert(session, table)
    sums = {name: target.c[name] + insert.excluded[name] for name in added}
    statement = insert.on_conflict_do_update(index_elements=list(target.primary_key.columns), set_=sums)
    connection = await session.connection()
    for start in range(0, len(rows), AT_ONCE):
        await connection.execute(statement, [dict(row) for row in rows[start : start + AT_ONCE]])


async def _insert(session: Session, table: type[SQLModel]) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows conflicts; into the table itself, as the mapper would look at every row."""
    dialect = (await session.connection()).dialect.name
    target = table_of(table)
    return sqlite.insert(target) if dialect == "sqlite" else postgresql.insert(target)
