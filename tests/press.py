"""A printer of receipts for tests that aren't about the paper."""

from domain.kernel.locale import Locale
from domain.orders.receipt import ReceiptData


class Press:
    """Prints nothing but the number, and counts."""

    def __init__(self) -> None:
        self.printed: list[ReceiptData] = []

    async def render(self, receipt: ReceiptData, locale: Locale) -> bytes:
        self.printed.append(receipt)
        return f"%PDF {receipt.order_number} {locale}".encode()
