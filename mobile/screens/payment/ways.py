"""The ways to pay, as choices of which one is marked; and where a payment leads once it is made."""

import webbrowser
from collections.abc import Callable, Sequence
from typing import Any

from kivy.metrics import dp

from mobile.widgets.box import Panel
from mobile.widgets.look import look
from mobile.widgets.rows import Choice

ICONS = {"WALLET": "wallet-outline", "GATEWAY": "web", "VOUCHER": "receipt-text-outline", "BANK_SLIP": "office-building-outline"}


def ways(options: Sequence[tuple[str, str]], chosen: str, take: Callable[[str], Any]) -> Panel:
    """One row for each way, with what it means."""
    panel = Panel(padding=(0, dp(4)))
    for way, detail in options:
        panel.add_widget(Choice(look.say(f"pay.way.{way}"), lambda way=way: take(way), is_on=way == chosen, detail=detail))
    return panel


def follow(shell: Any, payment: dict[str, Any]) -> None:
    """Opens the pay page where there is one, and the page that waits for the outcome."""
    if payment["redirectUrl"]:
        webbrowser.open(payment["redirectUrl"])
    shell.go("payment", payment_id=payment["id"])
