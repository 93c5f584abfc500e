"""A bill on paper: what it says, and who prints it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.billing.seller import Seller
from domain.billing.states import BillLineKind
from domain.kernel.calendar import JalaliMonth
from domain.kernel.locale import Locale
from domain.kernel.money import ZERO, Price
from domain.kernel.quantity import Quantity, UsageType

MEDIA_TYPE = "application/pdf"
MOST_PRINTED = 2_000
"""Lines on paper; a larger bill's are all in its tables."""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line; `subject` is its SIM card's number, else its account's name."""

    kind: BillLineKind
    service: UsageType | None
    subject: str
    description: str
    quantity: Quantity | None
    price: Price


@dataclass(frozen=True, slots=True)
class PaperSum:
    """All lines of one service and VAT rate; `count` of them."""

    service: UsageType | None
    price: Price
    count: int


@dataclass(frozen=True, slots=True)
class BillPaper:
    """All that a printed bill tells, as it stood when it was issued; `lines` by service, at most `MOST_PRINTED` of `line_count`."""

    seller: Seller
    organization_name: str
    legal_id: str
    economic_code: str | None
    account_number: str
    account_name: str
    number: str
    tax_number: str | None
    month: JalaliMonth
    starts_at: datetime
    ends_at: datetime
    issued_at: datetime
    due_at: datetime
    sums: Sequence[PaperSum]
    lines: Sequence[PaperLine]
    line_count: int

    @property
    def total(self) -> Price:
        """The sum of all lines, to the rial."""
        return sum((one.price for one in self.sums), Price(ZERO, ZERO, Decimal(0)))

    @property
    def by_rate(self) -> Sequence[Price]:
        """The sums of each VAT rate, the lowest first."""
        rates = sorted({one.price.vat_rate for one in self.sums})
        return [sum((one.price for one in self.sums if one.price.vat_rate == rate), Price(ZERO, ZERO, rate)) for rate in rates]

    @property
    def by_service(self) -> Sequence[tuple[UsageType | None, Price]]:
        """The sums of each service, in the order of the sums."""
        services: dict[UsageType | None, Price] = {}
        for one in self.sums:
            services[one.service] = services.get(one.service, Price(ZERO, ZERO, Decimal(0))) + one.price
        return list(services.items())


class BillPrinter(Protocol):
    """Makes a bill's document; its adapter stands in `gateways/bill`."""

    async def render(self, bill: BillPaper, locale: Locale) -> bytes:
        """The bill as PDF in this language; the same data make the same bytes."""
        ...
