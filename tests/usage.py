"""Usage records for tests."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.kernel.ids import uuid7
from domain.kernel.quantity import FigureSource, UsageType
from domain.sims.tables import Sim
from domain.usage.documents import UsageDirection, UsageRecord
from tests.world import NOW


def usage(sim: Sim, *, at: datetime = NOW, **given: Any) -> UsageRecord:
    """One record of a card: data unless said otherwise, made where the card stands."""
    values: dict[str, Any] = {
        "id": uuid7(), "organization_id": sim.organization_id, "sim_id": sim.id, "path": sim.path, "service": UsageType.DATA,
        "direction": UsageDirection.OUTGOING, "other_party": None, "destination": "IR", "is_roaming": False, "started_at": at,
        "duration_seconds": 60, "quantity": 5_000_000_000, "charge": 1_200, "is_included": True, "bucket_id": None, "as_of": at,
        "source": FigureSource.CHARGING,
    }  # fmt: skip
    return UsageRecord(**{**values, **given})


def hourly(sim: Sim, count: int, **given: Any) -> list[UsageRecord]:
    """So many records, one an hour, the newest now."""
    return [usage(sim, at=NOW - timedelta(hours=hours), **given) for hours in range(count)]


def ids(records: list[UsageRecord]) -> list[UUID]:
    """Their ids."""
    return [record.id for record in records]
