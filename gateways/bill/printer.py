"""Prints bills."""

from importlib.resources import files
from pathlib import Path

from domain.billing.paper import BillPaper
from domain.kernel.locale import Locale
from gateways.bill.view import view
from gateways.press import Press

_TEMPLATE = Path(str(files(__package__).joinpath("bill.typ")))


class TypstBills:
    """Prints bills on a press."""

    def __init__(self, press: Press) -> None:
        self._press = press

    async def render(self, bill: BillPaper, locale: Locale) -> bytes:
        """The bill as PDF in this language; the same data make the same bytes."""
        return await self._press.print(_TEMPLATE, view(bill, locale), bill.issued_at)
