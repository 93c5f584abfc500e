"""Receipts as PDF by typst."""

from gateways.receipt.printer import TypstReceipts

__all__ = ["TypstReceipts"]
