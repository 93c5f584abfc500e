"""Access points of the demo cards, as a carrier reports them (FEATURES 3.3)."""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from domain.sims.states import SimStatus
from domain.sims.tables import ApnAuthType, IpAllocation, PdnType
from seeds.dice import id_at
from seeds.lines import Line

OPERATOR = "mnc035.mcc432.gprs"
MEGABIT = 1_000_000


def access_points(draw: Random, line: Line, private: str, *, at: datetime) -> Iterator[dict[str, Any]]:
    """Internet and calls for every line in use, the company's own network for some, with an address of its own for a few."""
    if line.activated_at is None:
        return
    is_active = line.status is not SimStatus.TERMINATED
    shared = {"organization_id": line.organization_id, "sim_id": line.id, "activated_at": line.activated_at, "as_of": at}
    yield shared | _point(
        id_at(draw, line.activated_at), "mtnirancell", PdnType.IPV4V6, is_active=is_active, qos_class=9, arp=8,
        ambr_downlink=draw.choice((50, 150, 300)) * MEGABIT, ambr_uplink=50 * MEGABIT, charging_characteristics="0800",
        is_visited_allowed=draw.random() < 0.8,
    )  # fmt: skip
    yield shared | _point(id_at(draw, line.activated_at), "ims", PdnType.IPV4V6, is_active=is_active, qos_class=5, arp=1)
    if draw.random() < 0.4:
        is_static = draw.random() < 0.3
        yield shared | _point(
            id_at(draw, line.activated_at), private, PdnType.IPV4, is_active=is_active and draw.random() < 0.95, qos_class=8, arp=5,
            is_private=True, ambr_downlink=20 * MEGABIT, ambr_uplink=10 * MEGABIT, charging_characteristics="0400",
            auth_type=draw.choice((ApnAuthType.CHAP, ApnAuthType.PAP)),
            ip_allocation=IpAllocation.STATIC if is_static else IpAllocation.DYNAMIC,
            static_address=f"10.{35 + draw.randrange(4)}.{draw.randrange(256)}.{1 + draw.randrange(254)}" if is_static else None,
        )  # fmt: skip


def _point(id: UUID, name: str, pdn_type: PdnType, **given: Any) -> dict[str, Any]:
    return {
        "id": id, "network_identifier": name, "operator_identifier": OPERATOR, "pdn_type": pdn_type, "ip_allocation": IpAllocation.DYNAMIC,
        "static_address": None, "qos_class": None, "arp": None, "ambr_uplink": None, "ambr_downlink": None,
        "charging_characteristics": None, "is_visited_allowed": False, "is_private": False, "auth_type": ApnAuthType.NONE,
    } | given  # fmt: skip
