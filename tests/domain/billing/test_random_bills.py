"""Random bills around the change of the tax rate: net and tax are gross to the rial, with the rate of the day, and numbers for the tax system."""

import os
import random
from decimal import Decimal

from domain.billing import rules
from domain.billing.paper import PaperSum
from domain.catalogue.rules import rate_at
from domain.kernel.calendar import FIRST_YEAR, JalaliDay, JalaliMonth, day_of, start_of
from domain.kernel.money import Money, Price, rounded, taxed
from domain.kernel.quantity import UsageType
from domain.kernel.tax_numbers import parse_tax_number, tax_number

BILLS = int(os.environ.get("SIMURGH_TEST_BILLS", "300"))
"""How many; 10,000 before a release."""
CHANGE = start_of(JalaliDay(1403, 1, 1).gregorian)
RATES = [(JalaliMonth(FIRST_YEAR, 1).starts_at, Decimal(9)), (CHANGE, Decimal(10))]


def test_net_and_tax_are_gross_with_the_rate_of_the_day() -> None:
    seen: set[Decimal] = set()
    for seed in range(BILLS):
        chance = random.Random(seed)
        last = JalaliMonth(1402, 9).plus(chance.randrange(12))
        first = last.plus(-chance.randrange(2))
        spans = rules.spans(first.starts_at, last.ends_at, RATES)
        prices = [(span, taxed(Money(chance.randrange(-(10**6), 10**12)), span.vat_rate)) for span in spans for _ in range(chance.randrange(1, 9))]

        sums = [PaperSum(UsageType.DATA, price, 1) for _, price in prices]
        total = sum((one.price for one in sums), Price(Money(0), Money(0), Decimal(0)))
        number = tax_number("A11216", day_of(last.ends_at), seed + 1)

        assert total.net.minor + total.vat.minor == total.gross.minor == sum(price.gross.minor for _, price in prices)
        for span, price in prices:
            assert price.vat_rate == (9 if span.ends_at <= CHANGE else 10) == rate_at(RATES, span.starts_at)
            assert price.vat.minor == rounded(price.net.amount * price.vat_rate / 100)
            seen.add(price.vat_rate)
        assert {span.starts_at for span in spans} >= {first.starts_at, last.starts_at}
        assert sum((span.ends_at - span.starts_at).days for span in spans) == sum(month.days for month in {first, last})
        assert parse_tax_number(number) == ("A11216", day_of(last.ends_at), seed + 1)
    assert seen == {Decimal(9), Decimal(10)}
