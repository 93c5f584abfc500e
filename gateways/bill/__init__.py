"""Bills as PDF by typst."""

from gateways.bill.printer import TypstBills

__all__ = ["TypstBills"]
