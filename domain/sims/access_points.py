"""Reading the access points of SIM cards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_
from sqlmodel import col, select

from domain.kernel.batches import grouped
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import Scope
from domain.sims.grouping import in_group
from domain.sims.tables import ApnAuthType, IpAllocation, PdnType, Sim, SimApn
from store.session import Session


class ApnRow(msgspec.Struct, frozen=True):
    """An access point as the carrier reported it (FEATURES 3.3)."""

    network_identifier: str
    operator_identifier: str | None
    pdn_type: PdnType
    ip_allocation: IpAllocation
    static_address: str | None
    qos_class: int | None
    arp: int | None
    ambr_uplink: int | None
    ambr_downlink: int | None
    charging_characteristics: str | None
    is_visited_allowed: bool
    is_private: bool
    auth_type: ApnAuthType
    is_active: bool
    activated_at: datetime | None
    as_of: datetime
    source: FigureSource = FigureSource.CARRIER


async def apns(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[list[ApnRow]]:
    """The access points of each card, active ones first, at most 10 each."""
    statement: Any = (
        select(SimApn)
        .join(Sim, and_(col(Sim.organization_id) == col(SimApn.organization_id), col(Sim.id) == col(SimApn.sim_id)))
        .where(col(SimApn.sim_id).in_(sim_ids))
        .order_by(col(SimApn.is_active).desc(), col(SimApn.network_identifier))
    )
    found = await session.scalars(scope.limit(statement, col(Sim.organization_id), col(Sim.path), in_group))
    return grouped(sim_ids, ((apn.sim_id, msgspec.convert(apn, ApnRow, from_attributes=True)) for apn in found), most=10)
