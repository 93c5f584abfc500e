"""Enums of SIM cards."""

import strawberry

from domain.sims.filters import SimSortKey
from domain.sims.states import Barring, SimStatus, SimStatusReason
from domain.sims.tables import ApnAuthType, IpAllocation, PdnType

strawberry.enum(SimStatus, description="State of a SIM card.")
strawberry.enum(SimStatusReason, description="Why a SIM card is in its state.")
strawberry.enum(Barring, description="What a barred SIM card can't do.")
strawberry.enum(PdnType, description="Type of a packet data network.")
strawberry.enum(IpAllocation, description="How an address is given.")
strawberry.enum(ApnAuthType, description="How an access point authenticates.")
strawberry.enum(SimSortKey, description="What SIM cards are sorted by.")

__all__ = ["ApnAuthType", "Barring", "IpAllocation", "PdnType", "SimSortKey", "SimStatus", "SimStatusReason"]
