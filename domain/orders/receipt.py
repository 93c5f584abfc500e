"""The receipt of an order: what it says, who prints it, and the mail that brings it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import ZERO, Price
from domain.notifications.letters import as_html
from domain.notifications.ports import Attachment, MailMessage

MEDIA_TYPE = "application/pdf"


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One SIM card and what was bought for it; the offering's name in the receipt's language, the serial where a number is no more.

    Where they are many, all the cards of an offering: then `msisdn` says how many.
    """

    offering_name: str
    msisdn: str
    price: Price


@dataclass(frozen=True, slots=True)
class ReceiptData:
    """All that a receipt tells, as it stood when the order was placed; 1–100 lines of one VAT rate, for so many cards."""

    operator_name: str
    organization_name: str
    legal_id: str
    economic_code: str | None
    order_number: str
    placed_at: datetime
    buyer_name: str
    account_number: str
    account_name: str
    wallet_name: str
    purchase_order_number: str | None
    memo: str | None
    lines: Sequence[ReceiptLine]
    sims: int

    @property
    def total(self) -> Price:
        """The sum of the lines, to the rial."""
        return sum((line.price for line in self.lines), Price(ZERO, ZERO, self.vat_rate))

    @property
    def vat_rate(self) -> Decimal:
        """The VAT rate of all lines, in percent."""
        return self.lines[0].price.vat_rate


class ReceiptPrinter(Protocol):
    """Makes the receipt's document; its adapter stands in `gateways/receipt`."""

    async def render(self, receipt: ReceiptData, locale: Locale) -> bytes:
        """The receipt as PDF in this language; the same data make the same bytes."""
        ...


def file_name(receipt: ReceiptData) -> str:
    """The name under which the receipt is saved."""
    return f"receipt-{receipt.order_number}.pdf"


def mail(id: UUID, to: str, receipt: ReceiptData, pdf: bytes, locale: Locale) -> MailMessage:
    """The mail that brings a receipt to one address (MI-39, MI-40)."""
    body = text(
        "receipt.mail.text",
        locale,
        number=receipt.order_number,
        sims=text("receipt.sims", locale, count=receipt.sims),
        account=receipt.account_name,
        total=receipt.total.gross,
        at=receipt.placed_at,
    )
    subject = text("receipt.mail.subject", locale, number=receipt.order_number)
    attachment = Attachment(file_name(receipt), MEDIA_TYPE, pdf)
    return MailMessage(id, to, subject, body, as_html(body, locale), (attachment,))
