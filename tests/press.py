"""Printers of receipts and bills for tests that aren't about the paper."""

from domain.billing.paper import BillPaper
from domain.kernel.locale import Locale
from domain.orders.receipt import ReceiptData


class Press:
    """Prints nothing but the number, and counts."""

    def __init__(self) -> None:
        self.printed: list[ReceiptData] = []

    async def render(self, receipt: ReceiptData, locale: Locale) -> bytes:
        self.printed.append(receipt)
        return f"%PDF {receipt.order_number} {locale}".encode()


class Scribe:
    """A printer of bills that remembers what it printed, and in which language."""

    def __init__(self) -> None:
        self.printed: list[tuple[BillPaper, Locale]] = []

    async def render(self, bill: BillPaper, locale: Locale) -> bytes:
        self.printed.append((bill, locale))
        return f"%PDF {bill.number}".encode()
