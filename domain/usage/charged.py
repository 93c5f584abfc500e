"""What usage costs, added up by the document store: for counting it once it came in."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.usage.documents import UsageRecord

AT_ONCE = 5_000


class Charged(NamedTuple):
    """What a card used of a service at one place in one span: `span` is its number, `charge` in rials without tax."""

    sim_id: UUID
    path: str
    service: str
    span: int
    is_credit: bool
    quantity: int
    charge: int


async def charged(
    organization_id: UUID, starts: Sequence[datetime], *, after: datetime, to: datetime, beyond: UUID | None = None
) -> AsyncIterator[Charged]:
    """What came in after an instant and up to another, card by card in the order of their ids, from the card after `beyond` on.

    `starts` are the spans' first instants in order; what began before the first is left out, and so is what costs nothing.
    """
    branches = [{"case": {"$gte": ["$started_at", start]}, "then": span} for span, start in reversed(list(enumerate(starts)))]
    card: dict[str, Any] = {"sim_id": {"$gt": beyond}} if beyond else {}
    wanted = {"organization_id": organization_id, "as_of": {"$gt": after, "$lte": to}, "charge": {"$ne": 0}, **card}
    key = {
        "sim": "$sim_id", "path": "$path", "service": "$service", "credit": {"$lt": ["$charge", 0]},
        "span": {"$switch": {"branches": branches, "default": -1}},
    }  # fmt: skip
    sums = {"_id": key, "quantity": {"$sum": "$quantity"}, "charge": {"$sum": "$charge"}}
    pipeline: list[dict[str, Any]] = [{"$match": wanted}, {"$group": sums}, {"$sort": {"_id.sim": 1}}]
    found = await UsageRecord.get_pymongo_collection().aggregate(pipeline, allowDiskUse=True, batchSize=AT_ONCE)
    async for row in found:
        of = row["_id"]
        if of["span"] >= 0:
            yield Charged(of["sim"], of["path"], of["service"], of["span"], of["credit"], row["quantity"], row["charge"])
