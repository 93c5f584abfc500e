"""States of a bill and kinds of its lines, and where a bill may go from a state."""

from collections.abc import Mapping
from enum import StrEnum


class BillState(StrEnum):
    """State of a bill (TMF678)."""

    PREVIEW = "PREVIEW"
    NEW = "NEW"
    ON_HOLD = "ON_HOLD"
    VALIDATED = "VALIDATED"
    SENT = "SENT"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    SETTLED = "SETTLED"


class BillLineKind(StrEnum):
    """Kind of a bill line."""

    USAGE = "USAGE"
    SUBSCRIPTION = "SUBSCRIPTION"
    ONE_OFF = "ONE_OFF"
    CREDIT = "CREDIT"
    NOTE = "NOTE"


class BillDimension(StrEnum):
    """What a bill's summary is split by."""

    SERVICE = "SERVICE"
    ACCOUNT = "ACCOUNT"
    SIM = "SIM"
    COST_CENTRE = "COST_CENTRE"
    KIND = "KIND"


S = BillState
NEXT: Mapping[BillState, frozenset[BillState]] = {
    S.PREVIEW: frozenset(),
    S.NEW: frozenset({S.ON_HOLD, S.VALIDATED}),
    S.ON_HOLD: frozenset({S.VALIDATED}),
    S.VALIDATED: frozenset({S.SENT}),
    S.SENT: frozenset({S.PARTIALLY_PAID, S.SETTLED}),
    S.PARTIALLY_PAID: frozenset({S.SENT, S.SETTLED}),
    S.SETTLED: frozenset({S.SENT, S.PARTIALLY_PAID}),
}
"""Where a bill may go; back to unpaid only when money that came in is given back."""
ISSUED = frozenset({S.SENT, S.PARTIALLY_PAID, S.SETTLED})
"""What the customer has: nothing of it but what was paid changes any more."""


class DisputeState(StrEnum):
    """State of a dispute."""

    OPEN = "OPEN"
    GRANTED = "GRANTED"
    REJECTED = "REJECTED"
