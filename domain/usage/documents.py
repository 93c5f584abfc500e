"""Usage records, as documents: append-heavy, and nobody balances against them."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from beanie import Document
from pydantic import Field
from pymongo import DESCENDING, IndexModel


class UsageDirection(StrEnum):
    """Direction of usage."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"


class UsageRecord(Document):
    """One event of usage (TMF635): `quantity` in seconds, bytes or parts, `charge` in rials without tax; `path` is its place then."""

    id: UUID = Field()  # type: ignore[assignment]
    organization_id: UUID
    sim_id: UUID
    path: str
    service: str
    direction: str
    other_party: str | None
    destination: str | None
    is_roaming: bool
    started_at: datetime
    duration_seconds: int | None
    quantity: int
    charge: int
    is_included: bool
    bucket_id: UUID | None
    as_of: datetime
    source: str

    class Settings:
        """Collection and indexes."""

        name = "usage_records"
        indexes: ClassVar = [
            IndexModel([("organization_id", 1), ("sim_id", 1), ("started_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("organization_id", 1), ("started_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("organization_id", 1), ("as_of", 1)]),
        ]
