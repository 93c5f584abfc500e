"""What askers may spend: never more than they have, and what an answer cost beyond its estimate is owed."""

from datetime import timedelta

from api.budget import CAPACITY, KEPT, RESTORE_RATE, Budget
from tests.world import NOW


def test_what_an_answer_cost_beyond_its_estimate_is_owed() -> None:
    budget = Budget()
    budget.take("a", 10, now=NOW)

    assert budget.settle("a", 10 - CAPACITY - 2 * RESTORE_RATE) == 0

    assert budget.take("a", 1, now=NOW + timedelta(seconds=1)) is None
    assert budget.take("a", 1, now=NOW + timedelta(seconds=3)) is not None


def test_what_it_cost_less_comes_back() -> None:
    budget = Budget()
    budget.take("a", 1000, now=NOW)

    assert budget.settle("a", 990) == CAPACITY - 10


def test_an_asker_forgotten_meanwhile_is_no_fault() -> None:
    budget = Budget()
    budget.take("a", 1, now=NOW)
    for number in range(KEPT):
        budget.take(f"other {number}", 1, now=NOW)

    assert budget.settle("a", 1) == CAPACITY
