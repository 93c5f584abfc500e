"""How areas read lists: keyset pages over an ordered statement or collection, so that the thousandth page costs what the first costs."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from beanie import Document
from pymongo.errors import PyMongoError
from sqlalchemy import ColumnElement, Row, Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeDecorator

from domain.kernel.errors import InvalidInput, Unavailable
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.scope import Scope, path_end

DOCUMENT_SECONDS = 2
SLICES = tuple(timedelta(hours=6) * 4**power for power in range(6))
"""How far back a long collection is looked through at a time: six hours, a day, four days, … 256 days, then all the rest."""
Kept = TypeVar("Kept", bound=Document)


@dataclass(frozen=True, slots=True)
class By:
    """One sort column, never null; the last one of an order is unique."""

    column: Any
    is_descending: bool = False


def _beyond(order: Sequence[By], key: Sequence[Any], *, is_backward: bool) -> ColumnElement[bool]:
    """Rows strictly after the key in the order (before it, going backward)."""
    alternatives = []
    for index, by in enumerate(order):
        equal = [prior.column == value for prior, value in zip(order[:index], key, strict=False)]
        further = by.column < key[index] if by.is_descending != is_backward else by.column > key[index]
        alternatives.append(and_(*equal, further))
    return or_(*alternatives)


def _fits(value: Any, by: By) -> bool:
    """Whether a cursor's value can be compared with its column: whoever writes cursors of their own gets no fault out of the store."""
    kind = by.column.type
    if type(value) is not (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type:
        return False
    return -(2**63) <= value < 2**63 if isinstance(value, int) else "\x00" not in value if isinstance(value, str) else True


async def page(session: AsyncSession, statement: Select[Any], window: Window, order: Sequence[By], *, name: str) -> Page[Row[Any]]:
    """Reads one window of `statement`; `name` marks its cursors so that those of another order are refused.

    One more row than asked tells whether others follow; the sort values are selected under the labels k0, k1, ….
    """
    keys = [by.column.label(f"k{index}") for index, by in enumerate(order)]
    wanted = statement.add_columns(*keys)
    if window.cursor is not None:
        key = key_of(name, window.cursor, "before" if window.is_backward else "after")
        if len(key) != len(order) or not all(_fits(value, by) for value, by in zip(key, order, strict=True)):
            raise InvalidInput("error.cursor", field=("before" if window.is_backward else "after",))
        # a redundant bound on the leading column lets both engines begin the index scan at the cursor
        lead = order[0]
        bound = lead.column <= key[0] if lead.is_descending != window.is_backward else lead.column >= key[0]
        wanted = wanted.where(bound, _beyond(order, key, is_backward=window.is_backward))
    directed = [by.column.desc() if by.is_descending != window.is_backward else by.column.asc() for by in order]
    rows = list((await session.execute(wanted.order_by(*directed).limit(window.count + 1))).all())
    more, rows = len(rows) > window.count, rows[: window.count]
    if window.is_backward:
        rows.reverse()
    cursors = [cursor_of(name, [row._mapping[f"k{index}"] for index in range(len(order))]) for row in rows]
    came_from = window.cursor is not None
    return Page(rows, cursors, came_from if window.is_backward else more, more if window.is_backward else came_from)


@contextmanager
def documents_answering() -> Iterator[None]:
    """Turns an outage of the document store into `Unavailable`: it costs the field that asked, not the answer."""
    try:
        yield
    except (PyMongoError, TimeoutError):
        raise Unavailable from None


def paths_within(scope: Scope, organization_id: UUID, under: str = "") -> dict[str, Any] | None:
    """The condition on a document's path that lets through what lies in scope and under a place; null when nothing can."""
    parts = [part.path for part in scope.reach if part.organization_id in (None, organization_id)]
    met = {max(part, under, key=len) for part in parts if part.startswith(under) or under.startswith(part)}
    if not met:
        return None
    ranges = [{"path": {"$gte": path, "$lt": path_end(path)}} for path in sorted(met)]
    return {} if "" in met else ranges[0] if len(ranges) == 1 else {"$or": ranges}


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
    step, wanted = -1 if is_falling else 1, window.count + 1
    after, before, start = _just_before(starts_at) if starts_at else None, ends_at, ends_at or now if is_falling else None
    rows: list[Kept] = []
    with documents_answering():
        async with asyncio.timeout(DOCUMENT_SECONDS):
            if window.cursor is not None:
                start, id = _place(name, window)
                if (after is None or start > after) and (before is None or start < before):
                    same = {**where, by: start, "_id": {"$lt" if is_falling else "$gt": id}}
                    rows = await model.find(same).sort([("_id", step)]).limit(wanted).to_list()  # type: ignore[list-item]
                if is_falling:
                    before = min(start, before or start)
                else:
                    after = max(start, after or start)
            for span in _spans(start if now else None, after, before, is_falling=is_falling):
                if len(rows) == wanted:
                    break
                rest = {**where, by: span} if span else dict(where)
                order = [(by, step), ("_id", step)]
                rows += await model.find(rest).sort(order).limit(wanted - len(rows)).to_list()  # type: ignore[arg-type]
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
