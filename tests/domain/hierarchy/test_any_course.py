"""Any course of moves in time: sight, counters and records at any instant are what a naive tree says, and broken rules are noticed."""

import os
import random
import shutil
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from auth import identify
from auth.wiring import Auth
from domain.hierarchy import present, rules
from domain.sims import counters
from store.session import Database
from tests.domain.hierarchy.courses import ACCOUNTS, Course, Step, begun, run

STEPS = 50
MOVES = int(os.environ.get("SIMURGH_TREE_MOVES", "1000"))
"""So many moves are tried on each engine; a longer run is asked for by the environment."""
number = st.integers(0, 255)
trees = st.lists(number, min_size=ACCOUNTS, max_size=ACCOUNTS)
courses = st.lists(st.tuples(number, number, number, number, number), min_size=STEPS, max_size=STEPS)


@given(tree=trees, steps=courses)
@settings(
    max_examples=MOVES * 12 // 7 // STEPS, deadline=None, derandomize="SIMURGH_TREE_MOVES" not in os.environ, database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip
async def test_any_course_is_what_a_naive_tree_says(database: Database, tree: list[int], steps: list[Step]) -> None:
    await run(await begun(database, tree), steps)


async def played(database: Database, seed: int) -> Course:
    """A course of events by a number."""
    dice = random.Random(seed)
    course = await begun(database, [dice.randrange(256) for _ in range(ACCOUNTS)])
    steps: Any = [tuple(dice.randrange(256) for _ in range(5)) for _ in range(STEPS)]
    await run(course, steps)
    return course


async def test_courses_have_moves(database: Database) -> None:
    assert (await played(database, 1)).moves >= 10


def _counts_nothing(patch: pytest.MonkeyPatch) -> None:
    async def shift(*_: Any) -> None:
        return None

    patch.setattr(counters, "shift", shift)


def _forgets_former_places(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(present, "_HUNG", tuple(name for name in present._HUNG if name != "former_paths"))


def _lets_circles_be(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "last_segment", lambda path: path)


def _is_never_in_time(patch: pytest.MonkeyPatch) -> None:
    async def seen(auth: Auth, statement: Any, kind: Any, at: datetime, **named: Any) -> Any:
        async with auth.database.read() as session:
            return [kind(*row) for row in await session.rows(statement, at=at, out=auth.out, **named)]

    patch.setattr(identify, "_seen", seen)


def _forgets_what_is_below(patch: pytest.MonkeyPatch) -> None:
    whole = rules._followed

    def followed(moved_id: UUID, segment: str, below: Any, parent: Any, since: datetime) -> Any:
        return whole(moved_id, segment, [stay for stay in below if stay.account_id == moved_id], parent, since)

    patch.setattr(rules, "_followed", followed)


def _takes_the_past_back(patch: pytest.MonkeyPatch) -> None:
    def blind(decide: Any) -> Any:
        return lambda *given, when, at: decide(*given, when=when, at=min(at, when) - timedelta(days=1))

    patch.setattr(rules, "rehang", blind(rules.rehang))
    patch.setattr(rules, "place", blind(rules.place))


@pytest_asyncio.fixture
async def sqlite_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database on the faster engine alone: what is broken here is no matter of engines."""
    shutil.copy(sqlite_template, tmp_path / "broken.db")
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}")
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "break_it", [_counts_nothing, _forgets_former_places, _lets_circles_be, _is_never_in_time, _forgets_what_is_below, _takes_the_past_back]
)
async def test_a_broken_rule_is_noticed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, break_it: Any) -> None:
    break_it(monkeypatch)

    with pytest.raises((AssertionError, DBAPIError, ValueError)):
        for seed in range(6):
            await played(sqlite_database, seed)
