"""How areas read lists: keyset pages over an ordered statement or collection, so that the thousandth page costs what the first costs."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from beanie import Document
from pymongo.errors import PyMongoError
from sqlalchemy import ColumnElement, Row, Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.kernel.errors import InvalidInput, Unavailable
from domain.kernel.paging import Page, Window, cursor_of, key_of

DOCUMENT_SECONDS = 2
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


async def page(session: AsyncSession, statement: Select[Any], window: Window, order: Sequence[By], *, name: str) -> Page[Row[Any]]:
    """Reads one window of `statement`; `name` marks its cursors so that those of another order are refused.

    One more row than asked tells whether others follow; the sort values are selected under the labels k0, k1, ….
    """
    keys = [by.column.label(f"k{index}") for index, by in enumerate(order)]
    wanted = statement.add_columns(*keys)
    if window.cursor is not None:
        key = key_of(name, window.cursor, "before" if window.is_backward else "after")
        if len(key) != len(order):
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


async def document_page(
    model: type[Kept],
    where: Mapping[str, Any],
    window: Window,
    *,
    name: str,
    is_newest_first: bool,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Page[Kept]:
    """Reads one window of a collection in order of `at` and `_id`, within a half-open time; raises `Unavailable` during an outage.

    Two plain finds (the rest of the cursor's instant, then beyond it) instead of one `$or`, which would scan.
    """
    is_falling = is_newest_first != window.is_backward
    beyond, step, wanted = "$lt" if is_falling else "$gt", -1 if is_falling else 1, window.count + 1
    bounds = {operator: bound for operator, bound in (("$gte", starts_at), ("$lt", ends_at)) if bound is not None}
    rows: list[Kept] = []
    with documents_answering():
        async with asyncio.timeout(DOCUMENT_SECONDS):
            if window.cursor is not None:
                at, id = _place(name, window)
                if (starts_at is None or at >= starts_at) and (ends_at is None or at < ends_at):
                    same = {**where, "at": at, "_id": {beyond: id}}
                    rows = await model.find(same).sort([("_id", step)]).limit(wanted).to_list()  # type: ignore[list-item]
                bounds[beyond] = min(at, bounds.get("$lt", at)) if is_falling else at
            if len(rows) < wanted:
                rest = {**where, "at": bounds} if bounds else dict(where)
                order = [("at", step), ("_id", step)]
                rows += await model.find(rest).sort(order).limit(wanted - len(rows)).to_list()  # type: ignore[arg-type]
    more, rows = len(rows) > window.count, rows[: window.count]
    if window.is_backward:
        rows.reverse()
    cursors = [cursor_of(name, [row.at, row.id]) for row in rows]
    came_from = window.cursor is not None
    return Page(rows, cursors, came_from if window.is_backward else more, more if window.is_backward else came_from)


def _place(name: str, window: Window) -> tuple[Any, Any]:
    """The instant and id of a cursor."""
    field = "before" if window.is_backward else "after"
    key = key_of(name, window.cursor or "", field)
    if len(key) != 2:
        raise InvalidInput("error.cursor", field=(field,))
    return key[0], key[1]
