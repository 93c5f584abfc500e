"""How a movement of money looks: the icon and the tone of its reason, the colour of its sign."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mobile.widgets.item import Item
from mobile.widgets.look import look

LOOKS = {
    "TOP_UP": ("plus", "ok"),
    "ORDER": ("cart-outline", "container"),
    "USAGE": ("gauge", "container"),
    "BILL": ("receipt-text-outline", "info"),
    "TRANSFER": ("swap-horizontal", "info"),
    "FEE": ("cash-multiple", "neutral"),
    "REFUND": ("history", "ok"),
    "ADJUSTMENT": ("cog-outline", "warning"),
    "DEPOSIT": ("lock-outline", "neutral"),
    "EXPIRY": ("timer-sand", "warning"),
    "SETTLEMENT": ("domain", "neutral"),
}


def ink(money: dict[str, Any]) -> str:
    """Green for money that came; money that went is plain."""
    return "on_ok" if int(money["amount"]) > 0 else "text"


def movement(entry: dict[str, Any], now: datetime, then: Callable[[], Any]) -> Item:
    """An entry as a row: reason, when and who, the signed amount over the balance after it."""
    say, transfer = look.say, entry["transfer"]
    icon, tone = LOOKS[transfer["reason"]]
    words = transfer["memo"] or transfer["by"]["label"]
    return Item(
        icon, tone, say(f"ledger.{transfer['reason']}"), f"{say.day(transfer['postedAt'], now)} · {words}", say.signed(entry["amount"]),
        say.amount(entry["balanceAfter"]), ink=ink(entry["amount"]), is_sum=True, then=then,
    )  # fmt: skip
