"""Taking in very many rows: more words wait only within it."""

import pytest
from sqlalchemy import text

from domain.sims.tables import Sim
from store.filling import filling
from store.models import table_of
from store.session import Database

SIMS = table_of(Sim)
PENDING = "SHOW gin_pending_list_limit"


async def test_more_words_wait_while_a_table_is_filled_and_none_afterwards(database: Database) -> None:
    if database.driver is None:
        async with database.write() as session, filling(session, SIMS):
            assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
        return

    async with database.write() as session:
        assert (await session.execute(text(PENDING))).scalar_one() == "128kB"
        async with filling(session, SIMS):
            assert (await session.execute(text(PENDING))).scalar_one() == "16MB"

    async with database.write() as session:
        assert (await session.execute(text(PENDING))).scalar_one() == "128kB"
        options = await session.execute(text("SELECT reloptions FROM pg_class WHERE relname = 'sims_fragments_words'"))
        assert options.scalar_one() is None


async def test_what_goes_wrong_within_is_told(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as session, filling(session, SIMS):
            raise ZeroDivisionError
