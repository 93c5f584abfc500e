"""How areas read collections: keyset pages in order of time, within what a scope lets through, in bounded time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from beanie import Document, SortDirection
from pymongo.errors import PyMongoError

from domain.kernel.errors import InvalidInput, Unavailable
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.scope import Scope, path_end

DOCUMENT_SECONDS = 2
SLICES = tuple(timedelta(hours=6) * 4**power for power in range(6))
"""How far back a long collection is looked through at a time: six hours, a day, four days, … 256 days, then all the rest."""
Kept = TypeVar("Kept", bound=Document)


@contextmanager
def documents_answering() -> Iterator[None]:
    """Turns an outage of the document store into `Unavailable`: it costs the field that asked, not the answer."""
    try:
        yield
    except (PyMongoError, TimeoutError):
        raise Unavailable from None


def paths_within(scope: Scope, organization_id: UUID, places: Sequence[str] = ("",)) -> dict[str, Any] | None:
    """The condition on a document's path that lets through what lies in scope and under one of some places; null when nothing can."""
    parts = [part.path for part in scope.reach if part.organization_id in (None, organization_id)]
    pairs = ((part, place) for part in parts for place in places)
    met = {max(part, place, key=len) for part, place in pairs if part.startswith(place) or place.startswith(part)}
    if not met:
        return None
    ranges = [{"path": {"$gte": path, "$lt": path_end(path)}} for path in sorted(met)]
    return {} if "" in met else ranges[0] if len(ranges) == 1 else {"$or": ranges}


async def documents_by_ids(model: type[Kept], ids: Sequence[UUID]) -> list[Kept]:
    """The documents of these ids that there are, in no order; raises `Unavailable` during an outage."""
    with documents_answering():
        async with asyncio.timeout(DOCUMENT_SECONDS):
            return await model.find({"_id": {"$in": list(ids)}}).to_list()


async def document_page(
    model: type[Kept],
    where: Mapping[str, Any],
    window: Window,
    *,
    name: str,
    by: str = "at",
    is_newest_first: bool,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    now: datetime | None = None,
) -> Page[Kept]:
    """Reads one window of a collection in order of an instant (`by`) and `_id`, within a half-open time of it.

    With `now` it looks at growing slices of time, nearest first: for conditions that many documents meet, as the embedded engine sorts
    whatever meets them before it takes the first. Raises `Unavailable` during an outage.

    Plain finds (the rest of the cursor's instant, then beyond it) instead of one `$or`, which would scan.
    """
    is_falling = is_newest_first != window.is_backward
    step, wanted = SortDirection.DESCENDING if is_falling else SortDirection.ASCENDING, window.count + 1
    after, before, start = _just_before(starts_at) if starts_at else None, ends_at, ends_at or now if is_falling else None
    rows: list[Kept] = []
    with documents_answering():
        async with asyncio.timeout(DOCUMENT_SECONDS):
            if window.cursor is not None:
                start, id = _place(name, window)
                if (after is None or start > after) and (before is None or start < before):
                    same = {**where, by: start, "_id": {"$lt" if is_falling else "$gt": id}}
                    rows = await model.find(same).sort([("_id", step)]).limit(wanted).to_list()
                if is_falling:
                    before = min(start, before or start)
                else:
                    after = max(start, after or start)
            for span in _spans(start if now else None, after, before, is_falling=is_falling):
                if len(rows) == wanted:
                    break
                rest = {**where, by: span} if span else dict(where)
                order = [(by, step), ("_id", step)]
                rows += await model.find(rest).sort(order).limit(wanted - len(rows)).to_list()
    more, rows = len(rows) > window.count, rows[: window.count]
    if window.is_backward:
        rows.reverse()
    cursors = [cursor_of(name, [getattr(row, by), row.id]) for row in rows]
    came_from = window.cursor is not None
    return Page(rows, cursors, came_from if window.is_backward else more, more if window.is_backward else came_from)


def _just_before(instant: datetime) -> datetime:
    """The last millisecond before an instant: `$gt` of it means `$gte` of the instant, which the embedded engine gets wrong here."""
    earlier = instant - timedelta(microseconds=1)
    return earlier.replace(microsecond=earlier.microsecond // 1000 * 1000)


def _spans(
    start: datetime | None, after: datetime | None, before: datetime | None, *, is_falling: bool
) -> Iterator[dict[str, datetime]]:
    """Conditions on an instant that together cover what lies between two, both outside; from `start` on nearest first, or all at once."""
    edges = [start - width if is_falling else start + width for width in SLICES] if start else []
    near: datetime | None = None
    for far in [*edges, None]:
        low, high = (far, near) if is_falling else (near, far)
        above = {"$gt": max(bound for bound in (low, after) if bound)} if low or after else {}
        below = {"$lt": before} if before and (high is None or before <= high) else {"$lte": high} if high else {}
        near = far
        if not above or not below or above["$gt"] < next(iter(below.values())):
            yield {**above, **below}


def _place(name: str, window: Window) -> tuple[datetime, UUID]:
    """The instant and id of a cursor."""
    field = "before" if window.is_backward else "after"
    key = key_of(name, window.cursor or "", field)
    if [type(part) for part in key] != [datetime, UUID]:
        raise InvalidInput("error.cursor", field=(field,))
    return key[0], key[1]


async def delete_some(model: type[Document], where: Mapping[str, Any], most: int) -> int:
    """Deletes so many documents of one kind that fit, by their ids; returns how many there were."""
    collection = model.get_pymongo_collection()
    ids = [found["_id"] async for found in collection.find(where, projection={"_id": 1}).limit(most)]
    if ids:
        await collection.delete_many({"_id": {"$in": ids}})
    return len(ids)
