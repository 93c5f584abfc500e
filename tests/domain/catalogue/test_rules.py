"""Tax by effective date, and prices to the rial."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from domain.catalogue.rules import FIRST_VAT_RATES, is_on_sale, rate_at
from domain.kernel.calendar import JalaliDay, start_of
from domain.kernel.money import Money, taxed

NEW_YEAR_1403 = datetime(2024, 3, 19, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        (NEW_YEAR_1403 - timedelta(microseconds=1), 9),
        (NEW_YEAR_1403, 10),
        (NEW_YEAR_1403 + timedelta(microseconds=1), 10),
        (datetime(2026, 11, 21, tzinfo=UTC), 10),
        (datetime(2019, 7, 1, tzinfo=UTC), 9),
    ],
)
def test_tax_rose_with_the_first_instant_of_1403_in_tehran(at: datetime, rate: int) -> None:
    assert rate_at(FIRST_VAT_RATES, at) == rate


def test_the_border_is_the_first_of_farvardin() -> None:
    assert start_of(JalaliDay(1403, 1, 1).gregorian) == NEW_YEAR_1403


def test_the_order_of_rows_makes_no_difference_and_no_row_is_a_fault() -> None:
    assert rate_at(reversed(FIRST_VAT_RATES), NEW_YEAR_1403) == 10
    with pytest.raises(LookupError):
        rate_at(FIRST_VAT_RATES, datetime(2010, 1, 1, tzinfo=UTC))


def test_a_sale_is_half_open() -> None:
    begins, ends = NEW_YEAR_1403, NEW_YEAR_1403 + timedelta(days=1)

    assert [is_on_sale(begins, ends, at) for at in (begins - timedelta(microseconds=1), begins, ends - timedelta(microseconds=1), ends)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert is_on_sale(begins, None, ends + timedelta(days=9_999))


@settings(max_examples=10_000, deadline=None)
@given(
    net=some.integers(0, 10**13),
    rate=some.decimals(0, 25, places=2, allow_nan=False, allow_infinity=False),
)
def test_net_and_tax_are_the_gross_to_the_rial(net: int, rate: Decimal) -> None:
    price = taxed(Money(net), rate)

    assert price.net.minor + price.vat.minor == price.gross.minor
    exact = Decimal(net) * rate / 100
    assert abs(price.vat.minor - exact) <= Decimal("0.5")
    assert price.vat.minor == int(exact.to_integral_value(ROUND_HALF_UP))
    assert price.vat_rate == rate and price.vat.minor >= 0
