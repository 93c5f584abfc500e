"""Money, quantities, periods and freshness, as every area shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from domain.kernel.errors import InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.money import Currency
from domain.kernel.quantity import FigureSource, Unit, UsageType

strawberry.enum(Currency, description="Currency by ISO 4217.")
strawberry.enum(Unit, description="Unit of a quantity.")
strawberry.enum(UsageType, description="Service a quantity is used for (TMF654 usage type).")
strawberry.enum(Locale, description="Language of texts, mails and documents.")
strawberry.enum(FigureSource, description="Who counted a figure.")


@strawberry.type(description="An exact amount of money.")
class Money:
    """Served straight from the domain's `Money`."""

    minor: Decimal = strawberry.field(name="amount", description="Amount in the currency's unit; minus is a credit or an outflow.")
    currency: Currency = strawberry.field(description="Currency of the amount.")


@strawberry.type(description="A net price with its tax, rounded once per line: net + vat = gross to the rial.")
class Price:
    """Served straight from the domain's `Price`."""

    net: Money = strawberry.field(description="Without tax.")
    vat: Money = strawberry.field(description="Value added tax.")
    vat_rate: Decimal = strawberry.field(description="Tax rate in percent on the day it applies.")
    gross: Money = strawberry.field(description="To be paid.")


@strawberry.type(description="A counted amount in a named unit.")
class Quantity:
    """Served straight from the domain's `Quantity`."""

    count: Decimal = strawberry.field(name="amount", description="Whole number, 64-bit.")
    unit: Unit = strawberry.field(description="Unit of the amount.")


@strawberry.type(description="A half-open span of time.")
class Period:
    """From an instant to another, the second outside."""

    starts_at: datetime = strawberry.field(description="First instant inside.")
    ends_at: datetime | None = strawberry.field(description="First instant outside, null while open.")


@strawberry.interface(description="A figure that comes from the network, the ledger or billing, with its freshness.")
class Measured:
    """What a figure is complete up to, and who counted it."""

    as_of: datetime = strawberry.field(description="The instant up to which the figure is complete.")
    source: FigureSource = strawberry.field(description="Who counted it.")


@strawberry.input(description="A half-open span of time given by the client.")
class PeriodInput:
    """Bounds are optional: null is unbounded."""

    starts_at: datetime | None = strawberry.field(default=None, description="First instant inside, null for unbounded.")
    ends_at: datetime | None = strawberry.field(default=None, description="First instant outside, null for unbounded.")


@strawberry.input(description="An amount of money given by the client.")
class MoneyInput:
    """Whole rials."""

    amount: Decimal = strawberry.field(description="Whole rials for IRR.")
    currency: Currency = strawberry.field(default=Currency.IRR, description="Currency of the amount.")

    def whole(self, *field: str) -> int:
        """The amount in rials; a part of a rial, or more than 64 bits hold, is `InvalidInput` at `field`."""
        if self.amount != self.amount.to_integral_value() or abs(self.amount) >= 1 << 63:
            raise InvalidInput("error.invalid_input", field=(*field, "amount"))
        return int(self.amount)


@strawberry.input(description="A counted amount given by the client.")
class QuantityInput:
    """A whole number of a unit."""

    amount: Decimal = strawberry.field(description="Whole number.")
    unit: Unit = strawberry.field(description="Unit of the amount.")

    def whole(self, *field: str) -> int:
        """The number; a part of one, or more than 64 bits hold, is `InvalidInput` at `field`."""
        if self.amount != self.amount.to_integral_value() or abs(self.amount) >= 1 << 63:
            raise InvalidInput("error.invalid_input", field=(*field, "amount"))
        return int(self.amount)


First = Annotated[int | None, strawberry.argument(description="1–100.")]
Last = Annotated[int | None, strawberry.argument(description="1–100.")]
After = Annotated[str | None, strawberry.argument(description="Cursor.")]
Before = Annotated[str | None, strawberry.argument(description="Cursor.")]

__all__ = [
    "After", "Before", "Currency", "FigureSource", "First", "Last", "Locale", "Measured", "Money", "MoneyInput", "Period", "PeriodInput",
    "Price", "Quantity", "Unit", "UsageType",
]  # fmt: skip
