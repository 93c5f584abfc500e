"""Exact money: whole rials, one rounding function, no floats."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import msgspec


class Currency(StrEnum):
    """Currency by ISO 4217."""

    IRR = "IRR"


class Money(msgspec.Struct, frozen=True, order=True, gc=False):
    """An exact amount in the currency's smallest unit used: whole rials for IRR."""

    minor: int
    currency: Currency = Currency.IRR

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    @property
    def amount(self) -> Decimal:
        """The amount as the contract shows it."""
        return Decimal(self.minor)


ZERO = Money(0)


class Price(msgspec.Struct, frozen=True, gc=False):
    """A net price with its tax: net + vat = gross to the rial; `vat_rate` in percent."""

    net: Money
    vat: Money
    vat_rate: Decimal

    @property
    def gross(self) -> Money:
        """What is to be paid."""
        return self.net + self.vat

    def __add__(self, other: "Price") -> "Price":
        return Price(self.net + other.net, self.vat + other.vat, self.vat_rate)


def rounded(amount: Decimal) -> int:
    """Rounds to whole rials, half up (FEATURES 3.4)."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def taxed(net: Money, vat_rate: Decimal) -> Price:
    """Prices one line: tax is rounded once, on the line."""
    return Price(net, Money(rounded(net.amount * vat_rate / 100), net.currency), vat_rate)


def in_proportion(minor: int, part: int, whole: int) -> int:
    """So many rials by a part of a whole (positive), in whole numbers alone and rounded as `rounded` does."""
    twice = 2 * abs(minor) * part
    sign = -1 if minor < 0 else 1
    return sign * ((twice + whole) // (2 * whole))
