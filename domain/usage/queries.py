"""Reading usage records, newest first; each is authorised by the place its card had when it was made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.documents import document_page, documents_by_ids, paths_within
from domain.kernel.batches import in_order
from domain.kernel.errors import Forbidden
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.quantity import UNIT_OF, FigureSource, Quantity, UsageType
from domain.kernel.scope import Scope
from domain.kernel.text import search_key
from domain.usage.documents import UsageDirection, UsageRecord

RECENT = 15


class UsageRecordRow(msgspec.Struct, frozen=True):
    """One event of usage as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    sim_id: UUID
    service: UsageType
    direction: UsageDirection
    other_party: str | None
    destination: str | None
    is_roaming: bool
    started_at: datetime
    duration_seconds: int | None
    quantity: Quantity
    charge: Money
    is_included: bool
    bucket_id: UUID | None
    as_of: datetime
    source: FigureSource


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Which records; all given conditions hold, null is any. `other_party` is a part of the number."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    services: tuple[UsageType, ...] | None = None
    direction: UsageDirection | None = None
    is_roaming: bool | None = None
    is_included: bool | None = None
    other_party: str | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """Of which records a sum was made: what cost something, or was a credit, at one place, and came in after an instant up to another."""

    path: str
    is_credit: bool
    after: datetime | None
    to: datetime

    def conditions(self) -> dict[str, Any]:
        """The same as a condition."""
        came_in = {"$lte": self.to} | ({"$gt": self.after} if self.after else {})
        return {"path": self.path, "charge": {"$lt" if self.is_credit else "$gt": 0}, "as_of": came_in}


EVERYTHING = UsageFilter()


def _row(record: UsageRecord) -> UsageRecordRow:
    service = UsageType(record.service)
    return UsageRecordRow(
        id=record.id, organization_id=record.organization_id, path=record.path, sim_id=record.sim_id, service=service,
        direction=UsageDirection(record.direction), other_party=record.other_party, destination=record.destination,
        is_roaming=record.is_roaming, started_at=record.started_at, duration_seconds=record.duration_seconds,
        quantity=Quantity(record.quantity, UNIT_OF[service]), charge=Money(record.charge), is_included=record.is_included,
        bucket_id=record.bucket_id, as_of=record.as_of, source=FigureSource(record.source),
    )  # fmt: skip


def part_of_number(typed: str) -> str:
    """A part of a number as people type it, ready to be found in E.164 text: digits folded, dialling zeros and the plus gone."""
    digits = search_key(typed, "filter", "otherParty").replace("-", "")
    return digits.lstrip("+0") or digits


def _conditions(scope: Scope, filter: UsageFilter) -> dict[str, Any]:
    """The filter as one flat condition, as the embedded engine scans whatever is nested; raises `Forbidden` for what is seen masked."""
    found: dict[str, Any] = {}
    if filter.services is not None:
        found["service"] = {"$in": list(filter.services)}
    for name in ("direction", "is_roaming", "is_included"):
        if (value := getattr(filter, name)) is not None:
            found[name] = value
    if filter.other_party:
        if scope.is_masked:
            raise Forbidden
        found["other_party"] = {"$regex": re.escape(part_of_number(filter.other_party))}
    return found


async def usage_page(
    scope: Scope,
    organization_id: UUID,
    *,
    window: Window,
    sim_id: UUID | None = None,
    under: str = "",
    former_paths: Sequence[str] = (),
    filter: UsageFilter = EVERYTHING,
    charged: Charged | None = None,
) -> Page[UsageRecordRow]:
    """One page of a card's records, or of those made at or below an account, wherever that hung; `charged` tells those behind a sum.

    Raises `Unavailable` while the document store is away.
    """
    inside = paths_within(scope, organization_id, (under, *former_paths))
    if inside is None or (charged and not scope.covers(organization_id, charged.path)):
        return Page([], [], False, False)
    card = {"sim_id": sim_id} if sim_id is not None else {}
    behind = charged.conditions() if charged else {}
    where = {"organization_id": organization_id, **card, **inside, **behind, **_conditions(scope, filter)}
    page = await document_page(
        UsageRecord, where, window, name="usage", by="started_at", is_newest_first=True, starts_at=filter.starts_at,
        ends_at=filter.ends_at, now=scope.at if sim_id is None else None,
    )  # fmt: skip
    return page.map(_row)


async def recent(scope: Scope, organization_id: UUID, sim_id: UUID) -> list[UsageRecordRow]:
    """The last 15 records of a card (MI-21)."""
    return list((await usage_page(scope, organization_id, sim_id=sim_id, window=Window(RECENT))).rows)


async def usage_by_ids(scope: Scope, ids: Sequence[UUID]) -> list[UsageRecordRow | None]:
    """Records in the order asked, null for those out of scope."""
    records = await documents_by_ids(UsageRecord, ids)
    return in_order(ids, (_row(record) for record in records if scope.covers(record.organization_id, record.path)))
