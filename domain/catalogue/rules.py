"""When an offering is on sale and which tax applies on a day."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from domain.kernel.calendar import JalaliMonth

FIRST_VAT_RATES = (
    (JalaliMonth(1394, 1).starts_at, Decimal(9)),
    (JalaliMonth(1403, 1).starts_at, Decimal(10)),
)
"""What a new system knows of value added tax (FEATURES 3.4): 9 %, and 10 % by the budget law of 1403; later rates are new rows."""


def rate_at(rates: Iterable[tuple[datetime, Decimal]], at: datetime) -> Decimal:
    """The rate of the last row that holds by then, in percent; an instant before all rows is a `LookupError`."""
    held = [row for row in rates if row[0] <= at]
    if not held:
        raise LookupError(f"no tax rate holds at {at}")
    return max(held)[1]


def is_on_sale(valid_from: datetime, valid_to: datetime | None, at: datetime) -> bool:
    """Whether an instant lies inside the half-open span of a sale."""
    return valid_from <= at and (valid_to is None or at < valid_to)
