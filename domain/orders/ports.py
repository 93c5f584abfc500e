"""What buying asks of the network; adapters stand in `gateways/carrier_simulator.py` and `gateways/carrier_rest.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from domain.catalogue.tables import ActivationMode


@dataclass(frozen=True, slots=True)
class Allowance:
    """So much of one service, in the unit of its usage type."""

    usage_type: str
    amount: int


@dataclass(frozen=True, slots=True)
class Provision:
    """One item for the network: an offering on a line. `item_id` is the id under which the network knows it, now and when asked."""

    item_id: UUID
    order_number: str
    msisdn: str
    iccid: str
    offering_code: str
    allowances: Sequence[Allowance]
    activation: ActivationMode
    activate_at: datetime | None


class Outcome(StrEnum):
    """What the network says about an item."""

    ACCEPTED = "ACCEPTED"
    COMPLETED = "COMPLETED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class CarrierAnswer:
    """An answer of the network; `reason` is its own words for a refusal."""

    outcome: Outcome
    reason: str | None = None


class CarrierSilent(Exception):
    """No answer that can be relied on: the item may or may not have arrived, so nothing is concluded from it."""


class Carrier(Protocol):
    """The network's ordering of products (TMF622)."""

    async def provision(self, item: Provision) -> CarrierAnswer:
        """Orders an item; ACCEPTED is not final yet. Raises `CarrierSilent`."""
        ...

    async def progress(self, item_id: UUID) -> CarrierAnswer:
        """What became of an item; UNKNOWN when it never arrived. Raises `CarrierSilent`."""
        ...
