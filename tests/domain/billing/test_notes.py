"""Credits for lines of several VAT rates: to the rial, never more than the lines."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.notes import credited
from domain.kernel.money import Money, Price, taxed

NINE, TEN = Decimal(9), Decimal(10)
LINES = st.lists(st.builds(lambda net, rate: taxed(Money(net), rate), st.integers(1, 10**12), st.sampled_from([NINE, TEN])), min_size=1, max_size=9)


def test_a_part_of_lines_of_two_rates() -> None:
    parts = credited([taxed(Money(1000), NINE), taxed(Money(3000), TEN)], 2000)

    assert parts == [Price(Money(500), Money(45), NINE), Price(Money(1500), Money(150), TEN)]


@given(LINES, st.data())
def test_a_credit_has_its_net_and_never_more_than_the_lines(lines: list[Price], data: st.DataObject) -> None:
    whole = sum(line.net.minor for line in lines)
    net = data.draw(st.integers(1, whole))

    parts = credited(lines, net)

    assert sum(part.net.minor for part in parts) == net
    for part in parts:
        alike = [line for line in lines if line.vat_rate == part.vat_rate]
        assert 0 < part.net.minor <= sum(line.net.minor for line in alike)
        assert part.vat.minor <= sum(line.vat.minor for line in alike)


@given(LINES)
def test_all_of_it_is_all_of_it(lines: list[Price]) -> None:
    parts = credited(lines, sum(line.net.minor for line in lines))

    assert sum(part.gross.minor for part in parts) == sum(line.gross.minor for line in lines)


@pytest.mark.parametrize("net", [0, -1, 1001])
def test_more_than_there_is_is_a_bug(net: int) -> None:
    with pytest.raises(ValueError, match="of 1000"):
        credited([taxed(Money(1000), TEN)], net)
