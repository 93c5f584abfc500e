"""How areas read lists: keyset pages over any ordered statement, so that the thousandth page costs what the first costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.kernel.errors import InvalidInput
from domain.kernel.paging import Page, Window, cursor_of, key_of


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
