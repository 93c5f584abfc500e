"""Counted amounts with their unit, 64-bit."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec


class Unit(StrEnum):
    """Unit of a quantity."""

    BYTE = "BYTE"
    SECOND = "SECOND"
    MESSAGE = "MESSAGE"
    RIAL = "RIAL"


class UsageType(StrEnum):
    """Service a quantity is used for (TMF654 usage type)."""

    VOICE = "VOICE"
    DATA = "DATA"
    SMS = "SMS"
    MONETARY = "MONETARY"
    OTHER = "OTHER"


UNIT_OF: Mapping[str, Unit] = {
    UsageType.VOICE: Unit.SECOND,
    UsageType.DATA: Unit.BYTE,
    UsageType.SMS: Unit.MESSAGE,
    UsageType.MONETARY: Unit.RIAL,
    UsageType.OTHER: Unit.MESSAGE,
}


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """A whole number of units."""

    count: int
    unit: Unit

    @property
    def amount(self) -> Decimal:
        """The amount as the contract shows it."""
        return Decimal(self.count)


class FigureSource(StrEnum):
    """Who counted a figure."""

    CHARGING = "CHARGING"
    CARRIER = "CARRIER"
    LEDGER = "LEDGER"
    BILLING = "BILLING"
    INVENTORY = "INVENTORY"
