"""Any course of spending, asking and answering: nothing over a band or budget is spent without the right answer (done when 4)."""

import os
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.approvals import deciding, queries, rules, spending
from domain.approvals.rules import Authority
from domain.kernel.ids import Kind
from store.session import Database
from tests.domain.approvals.spree import Spree, Step, begun, run

STEPS = 40
CASES = int(os.environ.get("SIMURGH_APPROVAL_CASES", "300"))
"""So many purchases and answers are tried on each engine; a longer run is asked for by the environment."""
number = st.integers(0, 255)
courses = st.lists(st.tuples(number, number, number, number, number), min_size=STEPS, max_size=STEPS)
TRIED: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def tried() -> Iterator[None]:
    """Prints how much was tried, for who runs it with `-s`."""
    yield
    print(f"\n{TRIED.total()} purchases and answers: {dict(sorted(TRIED.items()))}")


async def played(database: Database, steps: list[Step], patch: pytest.MonkeyPatch) -> Spree:
    """A company of its own in a database of many."""
    spree = await begun(database)
    patch.setitem(deciding.SUBJECTS, Kind.JOB, spree.subjects())
    await run(spree, steps)
    return spree


@given(steps=courses)
@settings(
    max_examples=CASES // 20, deadline=None, derandomize="SIMURGH_APPROVAL_CASES" not in os.environ, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip
async def test_nothing_over_budget_is_spent_without_the_right_answer(database: Database, steps: list[Step]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        spree = await played(database, steps, patch)
    engine = database.engines[0].dialect.name
    TRIED.update({f"{engine}: {outcome}": count for outcome, count in spree.outcomes.items()})


def course(seed: int) -> list[Step]:
    """Steps by a number."""
    dice = random.Random(seed)
    steps: Any = [tuple(dice.randrange(256) for _ in range(5)) for _ in range(STEPS * 4)]
    return list(steps)


async def test_courses_hold_every_outcome(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(3):
        outcomes.update((await played(database, course(seed), monkeypatch)).outcomes)

    assert set(outcomes) >= {"spent", "waits", "granted", "refused", "wrong answerer", "withdrawn"}
    assert min(outcomes.values()) >= 3, outcomes


def _lets_people_answer_themselves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Authority, "may_answer", lambda self, person_id, path, _requester: self.covers(person_id, path))


def _asks_whoever_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queries, "is_held", lambda _at: queries.Membership.id == queries.Membership.id)


def _takes_any_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Authority, "with_stand_ins", lambda self, *_: [one.person_id for one in self.managers])


def _guards_nothing(patch: pytest.MonkeyPatch) -> None:
    guarded = spending._add

    async def add(*given: Any, is_guarded: bool = False, **named: Any) -> bool:
        return await guarded(*given, **named)

    patch.setattr(spending, "_add", add)


def _forgets_the_budgets_above(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "prefixes", lambda path: [path])


def _takes_the_lowest_band(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "effective", lambda bands, path: sorted((band for band in bands), key=lambda band: band.from_amount)[:1])


def _gives_nothing_back(patch: pytest.MonkeyPatch) -> None:
    async def give(*_: Any) -> None:
        return None

    patch.setattr(spending, "_give", give)


@pytest_asyncio.fixture
async def sqlite_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database on the faster engine alone: what is broken here is no matter of engines."""
    shutil.copy(sqlite_template, tmp_path / "broken.db")
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}")
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "break_it",
    [
        _lets_people_answer_themselves, _asks_whoever_left, _takes_any_answer, _guards_nothing, _forgets_the_budgets_above, _takes_the_lowest_band,
        _gives_nothing_back,
    ],
)  # fmt: skip
async def test_a_broken_rule_is_noticed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, break_it: Any) -> None:
    break_it(monkeypatch)

    with pytest.raises((AssertionError, deciding.NotFound)):
        for seed in range(12):
            await played(sqlite_database, course(seed), monkeypatch)
