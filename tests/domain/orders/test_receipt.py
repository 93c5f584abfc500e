"""What a receipt adds up to, and the mail that brings it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.locale import Locale
from domain.kernel.money import Money, taxed
from domain.orders import receipt as receipts
from domain.orders.receipt import ReceiptData, ReceiptLine

ID = UUID("019a0000-0000-7000-8000-000000000003")


def receipt_of(*nets: int, rate: Decimal = Decimal("10.00")) -> ReceiptData:
    lines = [ReceiptLine("Internet 10 GB", f"+98935000{place:04}", taxed(Money(net), rate)) for place, net in enumerate(nets)]
    at = datetime(2026, 11, 9, 6, 56, tzinfo=UTC)
    names = ("Simurgh", "Nikazin", "10380284790", None, "SMG-1405-004182", at, "Maryam", "AC-1", "فروش", "Wallet", None, None)
    return ReceiptData(*names, lines, len({line.msisdn for line in lines}))


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=100), st.decimals(0, 30, places=2))
def test_lines_add_up_to_the_rial(nets: list[int], rate: Decimal) -> None:
    receipt = receipt_of(*nets, rate=rate)

    assert receipt.total.net + receipt.total.vat == receipt.total.gross
    assert receipt.total.gross.minor == sum(line.price.gross.minor for line in receipt.lines)
    assert receipt.total.vat_rate == rate


@pytest.mark.parametrize(
    ("locale", "subject", "told"),
    [
        (Locale.FA, "رسید خرید SMG-1405-004182", ["۲ سیم‌کارت", "«فروش»", "۲٬۷۵۰٬۰۰۰\u00a0ریال", "۱۸ آبان ۱۴۰۵، ۱۰:۲۶"]),
        (Locale.EN, "Receipt for order SMG-1405-004182", ["2 SIM cards", "2,750,000\u00a0IRR", "9 November 2026, 10:26"]),
        (Locale.RU, "Квитанция по заказу SMG-1405-004182", ["2 SIM-карты", "2\u00a0750\u00a0000\u00a0IRR", "9 ноября 2026, 10:26"]),
        (Locale.BG, "Разписка за поръчка SMG-1405-004182", ["2 SIM карти", "2\u00a0750\u00a0000\u00a0IRR", "9 ноември 2026, 10:26"]),
    ],
)
def test_the_mail_tells_the_purchase_and_brings_the_pdf(locale: Locale, subject: str, told: list[str]) -> None:
    mail = receipts.mail(ID, "buyer@nikazin.example", receipt_of(1_250_000, 1_250_000), b"%PDF", locale)

    assert (mail.id, mail.to, mail.subject) == (ID, "buyer@nikazin.example", subject)
    assert [part for part in told if part not in mail.text] == []
    [attachment] = mail.attachments
    assert (attachment.file_name, attachment.media_type, attachment.content) == ("receipt-SMG-1405-004182.pdf", "application/pdf", b"%PDF")
