"""The words of a SIM card's state: status, reason, bar and who set it."""

from enum import StrEnum


class SimStatus(StrEnum):
    """State of a SIM card."""

    READY_TO_ACTIVATE = "READY_TO_ACTIVATE"
    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    SUSPENDED = "SUSPENDED"
    CAP_EXCEEDED = "CAP_EXCEEDED"
    IMEI_MISMATCH = "IMEI_MISMATCH"
    TERMINATED = "TERMINATED"


class SimStatusReason(StrEnum):
    """Why a SIM card is in its state."""

    LOST = "LOST"
    UNPAID = "UNPAID"
    REQUEST = "REQUEST"
    FRAUD = "FRAUD"
    POLICY = "POLICY"


class Barring(StrEnum):
    """What a barred SIM card can't do."""

    NONE = "NONE"
    OUTGOING = "OUTGOING"
    ALL = "ALL"


class BarredBy(StrEnum):
    """Who set the bar: only the one who set it may lift it."""

    COMPANY = "COMPANY"
    OPERATOR = "OPERATOR"
    SYSTEM = "SYSTEM"
