"""Rules of transfers: what policies may say, which amounts they know, and how windows fill and open."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.kernel.errors import InsufficientFunds, InvalidInput, NotEligible
from domain.kernel.quantity import Quantity, Unit
from domain.transfers import rules
from domain.transfers.policies import SHIPPED
from domain.transfers.rules import LARGEST, Limit, Terms, Used

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "terms",
    [
        {"fees": 5}, {"name": "other"}, {"sent": [{"days": 1}]}, {"sent": [{"days": 0, "count": 1}]}, {"fee": -1}, {"least": 0},
        {"denominations": [0, 5]}, {"received": [{"days": days, "count": 1} for days in range(1, 7)]}, {"sender_statuses": ["HAPPY"]},
    ],
)  # fmt: skip
def test_a_policy_that_says_what_no_policy_says_is_refused(terms: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Terms.of("mine", terms)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_a_policy(name: str) -> None:
    assert Terms.of(name, SHIPPED[name]).name == name


@pytest.mark.parametrize(("amount", "error"), [(0, InvalidInput), (-5, InvalidInput), (LARGEST + 1, InvalidInput), (99, NotEligible), (501, NotEligible)])
def test_amounts_within_bounds_alone(amount: int, error: type[Exception]) -> None:
    terms = Terms.of("mine", {"least": 100, "most": 500})

    with pytest.raises(error):
        rules.check_amount(terms, amount)
    for allowed in (100, 101, 500):
        rules.check_amount(terms, allowed)


def test_set_amounts_alone() -> None:
    terms = Terms.of("mine", {"denominations": [200, 500, 1_000]})

    rules.check_amount(terms, 500)
    with pytest.raises(NotEligible) as refused:
        rules.check_amount(terms, 300)
    assert refused.value.params["allowed"] == "200 · 500 · 1,000"


@pytest.mark.parametrize(("available", "fits"), [(1_300, True), (1_299, False), (0, False)])
def test_amount_fee_and_what_has_to_stay(available: int, fits: bool) -> None:
    terms = Terms.of("mine", {"minimum_remaining": 250})

    if fits:
        rules.check_funds(terms, available, 1_000, 50)
    else:
        with pytest.raises(InsufficientFunds) as refused:
            rules.check_funds(terms, available, 1_000, 50)
        assert refused.value.required.minor == 1_300


@given(fee=some.integers(0, 10**9), rate=some.decimals(0, 30, places=2))
def test_net_and_tax_are_the_fee(fee: int, rate: Decimal) -> None:
    price = rules.fee_price(fee, rate)

    assert price.net.minor + price.vat.minor == fee == price.gross.minor
    assert 0 <= price.net.minor <= fee
    assert abs(Decimal(price.net.minor) * (100 + rate) / 100 - fee) <= 1


limits = some.builds(Limit, some.integers(1, 30), some.none() | some.integers(0, 6), some.none() | some.integers(0, 10_000))
movements = some.lists(some.tuples(some.integers(0, 60 * 24), some.integers(1, 4_000)), max_size=12)


@given(limit=limits, moved=movements, amount=some.integers(1, 5_000))
def test_a_window_opens_when_it_says_and_not_before(limit: Limit, moved: list[tuple[int, int]], amount: int) -> None:
    """Against every instant at which something leaves the window."""
    times = sorted((AT - timedelta(hours=hours), one) for hours, one in moved)

    def fits(at: datetime) -> bool:
        inside = [one for when, one in times if when > at - timedelta(days=limit.days)]
        return rules.passed(limit, Used(len(inside), sum(inside)), amount) is None

    inside = [(when, one) for when, one in times if when > AT - timedelta(days=limit.days)]
    instants = [when + timedelta(days=limit.days) for when, _ in inside]
    first = next((at for at in instants if fits(at)), None)

    if not fits(AT):
        assert rules.opens_at(limit, inside, amount) == first


@given(limit=limits.filter(lambda one: one.count is not None or one.amount is not None), used=some.builds(Used, some.integers(0, 9), some.integers(0, 12_000)))
def test_what_is_left_never_says_too_much(limit: Limit, used: Used) -> None:
    """A transfer of the least amount fits as long as something is left of both."""
    terms = Terms.of("mine", {"least": 100, "most": 2_000})

    left = rules.left(terms, limit, used)

    assert left.count >= 0 and left.amount >= 0
    fits = rules.passed(limit, used, terms.smallest) is None
    assert fits == (left.count >= 1 and left.amount >= terms.smallest)


def test_the_bound_that_is_passed_is_named() -> None:
    limit = Limit(1, 5, 3_000)

    assert rules.passed(limit, Used(5, 0), 1) == Quantity(5, Unit.MESSAGE)
    assert rules.passed(limit, Used(4, 2_999), 2) == Quantity(3_000, Unit.RIAL)
    assert rules.passed(limit, Used(4, 2_999), 1) is None


def test_an_attempt_is_known_by_its_key() -> None:
    assert rules.reference(UUID("01234567-89ab-4def-8123-456789abcdef")) == "T-89ABCDEF"
