"""Who issues bills, and when people are reminded of them."""

from dataclasses import dataclass

REMINDER_DAYS = (-3, 1, 7, 14, 28)
"""When people are reminded of an unpaid bill: days after it was due, before it if negative."""


@dataclass(frozen=True, slots=True)
class Seller:
    """Who issues bills; the memory id is what the tax system knows the seller's bills by, null where none are sent to it."""

    name: str
    legal_id: str | None = None
    economic_code: str | None = None
    memory_id: str | None = None
