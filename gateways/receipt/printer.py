"""Prints receipts."""

from importlib.resources import files
from pathlib import Path

from domain.kernel.locale import Locale
from domain.orders.receipt import ReceiptData
from gateways.press import Press
from gateways.receipt.view import view

_TEMPLATE = Path(str(files(__package__).joinpath("receipt.typ")))


class TypstReceipts:
    """Prints receipts on a press."""

    def __init__(self, press: Press) -> None:
        self._press = press

    async def render(self, receipt: ReceiptData, locale: Locale) -> bytes:
        """The receipt as PDF in this language; the same data make the same bytes."""
        # The time inside the PDF is the order's, so that a receipt printed again is the same file.
        return await self._press.print(_TEMPLATE, view(receipt, locale), receipt.placed_at)
