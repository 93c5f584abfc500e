"""Taking in very many rows in one transaction: the database sorts new words into its indexes in large heaps rather than in small ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Table, text

from store.fragments import FRAGMENTS
from store.session import Session

WAITING_MB = 16
SORTING_MB = 64


@asynccontextmanager
async def filling(session: Session, table: Table) -> AsyncIterator[None]:
    """Within the block rows of a table with fragments may come by the ten thousands; at its end all of their words are sorted in.

    PostgreSQL halves what an index of words costs a row when more of them wait; until they are sorted in, searches look through them.
    SQLite needs no telling.
    """
    if (await session.connection()).dialect.name == "sqlite":
        yield
        return
    await session.execute(text(f"SET LOCAL gin_pending_list_limit = '{WAITING_MB}MB'"))
    await session.execute(text(f"SET LOCAL work_mem = '{SORTING_MB}MB'"))
    yield
    await session.execute(text("SELECT gin_clean_pending_list(CAST(:words AS regclass))"), {"words": table.info[FRAGMENTS].words})
