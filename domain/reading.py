"""How areas read lists: keyset pages over an ordered statement, so that the thousandth page costs what the first costs."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isqrt
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

import msgspec
from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.util import ClauseAdapter
from sqlalchemy.types import TypeDecorator

from domain.kernel.errors import InvalidInput
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.scope import OfGroup, Scope, Shape, Statement, limited, path_end
from store.session import Session
from store.statements import STATEMENTS_KEPT, Bound, Prepared, changed

ROWS_KEPT = 256
MOST_ROWS = 201
"""Rows of the largest window, with the one that tells whether others follow."""
ALL = 1_000_000_000
WINDOW: Any = bindparam("window", type_=Integer)
RowKind = TypeVar("RowKind", bound=msgspec.Struct)
Given = ParamSpec("Given")
Wanted = frozenset[str] | None
"""Which attributes of rows will be read; null is all of them."""


@dataclass(frozen=True, slots=True)
class By:
    """One sort column, never null; the last one of an order is unique."""

    column: Any
    is_descending: bool = False


class Limits(Protocol):
    """What limits a statement: a scope, or all scopes of one shape."""

    @property
    def has_subtrees(self) -> bool:
        """See `Scope.has_subtrees`."""

    def limit(self, statement: Statement, organization_id: Any, path: Any = None, of_group: OfGroup | None = None) -> Statement:
        """See `Scope.limit`."""


class _Named(dict[str, Any]):
    """A named parameter for every name."""

    def __missing__(self, name: str) -> Any:
        return bindparam(name)


@dataclass(frozen=True, slots=True)
class _Shaped:
    """All scopes of one shape."""

    shape: Shape

    @property
    def has_subtrees(self) -> bool:
        return any(kind is not False for kind in self.shape or ())

    def limit(self, statement: Statement, organization_id: Any, path: Any = None, of_group: OfGroup | None = None) -> Statement:
        return limited(statement, self.shape, _Named(), organization_id, path, of_group)


def named_anyway(_: Any) -> Any:
    """Of a group, whichever: what a record in scope names (decision 0075), or what the path alone bounds."""
    return true()


def shaped(build: Callable[Concatenate[Limits, Given], Select[Any]]) -> Callable[Concatenate[Scope, Given], Bound]:
    """Has a function make its statement once for each shape of a scope and its other arguments, rather than at each read.

    Whatever differs from read to read is a named parameter (`bindparam`, `among`), whose value is given to `Session.rows`.
    """

    @functools.wraps(build)
    def of(scope: Scope, *args: Any) -> Bound:
        return _made(build, scope.shape, *args)(**scope.bounds)

    return cast(Any, of)  # type: ignore[no-any-return]


@functools.lru_cache(STATEMENTS_KEPT)
def _made(build: Callable[..., Select[Any]], shape: Shape, *args: Any) -> Prepared:
    return Prepared(build(_Shaped(shape), *args))


@functools.lru_cache(ROWS_KEPT)
def narrowed(row: type[RowKind], shown: tuple[str, ...], wanted: Wanted) -> type[RowKind]:
    """Rows of a kind that have, besides what all of them have, what is wanted of `shown`; nothing else is there to be read."""
    names = [name for name in shown if wanted is None or name in wanted]
    return cast(type[RowKind], msgspec.defstruct(row.__name__, names, bases=(row,), frozen=True, gc=False, module=row.__module__))


def _beyond(order: Sequence[By], *, is_backward: bool) -> ColumnElement[bool]:
    """Rows strictly after the key in the order (before it, going backward); as one comparison, which an index answers at any depth."""
    columns: Any = tuple_(*(by.column for by in order))
    key = tuple_(*(bindparam(f"key_{index}", type_=by.column.type) for index, by in enumerate(order)))
    is_falling = order[0].is_descending != is_backward
    return cast(ColumnElement[bool], columns < key if is_falling else columns > key)


def _keys(order: Sequence[By]) -> list[Any]:
    """The sort values as columns."""
    return [by.column.label(f"k{index}") for index, by in enumerate(order)]


def _placed(statement: Select[Any], order: Sequence[By], has_cursor: bool, is_backward: bool) -> Select[Any]:
    """The rows of a statement from the window's cursor on, in order."""
    wanted = statement.where(_beyond(order, is_backward=is_backward)) if has_cursor else statement
    return wanted.order_by(*(by.column.desc() if by.is_descending != is_backward else by.column.asc() for by in order))


def _windowed(statement: Select[Any], order: Sequence[By], has_cursor: bool, is_backward: bool) -> Select[Any]:
    """One window of a statement, with the sort values as its last columns."""
    return _placed(statement.add_columns(*_keys(order)), order, has_cursor, is_backward).limit(WINDOW)


def _fits(value: Any, by: By) -> bool:
    """Whether a cursor's value can be compared with its column: whoever writes cursors of their own gets no fault out of the store."""
    kind = by.column.type
    if type(value) is not (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type:
        return False
    return -(2**63) <= value < 2**63 if isinstance(value, int) else "\x00" not in value if isinstance(value, str) else True


async def page(
    session: Session, statement: Select[Any] | Bound, window: Window, order: Sequence[By], *, name: str, **values: Any
) -> Page[Any]:
    """Reads one window of `statement`; `name` marks its cursors so that those of another order are refused.

    One more row than asked tells whether others follow; the sort values are the last columns of a row.
    """
    wanted = changed(statement, _windowed, tuple(order), window.cursor is not None, window.is_backward)
    return _paged(await session.rows(wanted, **values, **_bounds(window, order, name)), window, order, name)


def _bounds(window: Window, order: Sequence[By], name: str) -> dict[str, Any]:
    """The values of a window's parameters."""
    values: dict[str, Any] = {"window": window.count + 1}
    if window.cursor is not None:
        key = key_of(name, window.cursor, "before" if window.is_backward else "after")
        if len(key) != len(order) or not all(_fits(value, by) for value, by in zip(key, order, strict=True)):
            raise InvalidInput("error.cursor", field=("before" if window.is_backward else "after",))
        values |= {f"key_{index}": value for index, value in enumerate(key)}
    return values


def _paged(found: Sequence[Any], window: Window, order: Sequence[By], name: str) -> Page[Any]:
    more, rows = len(found) > window.count, list(found[: window.count])
    if window.is_backward:
        rows.reverse()
    cursors = [cursor_of(name, row[-len(order) :]) for row in rows]
    came_from = window.cursor is not None
    return Page(rows, cursors, came_from if window.is_backward else more, more if window.is_backward else came_from)


@dataclass(frozen=True, slots=True)
class Ways:
    """How a narrowed list is looked through: `near` rows along its order first, those that fit collected, or `far` along the order then.

    The more fit, the dearer they are collected and the sooner a window of them is met: they are collected up to a number whose square
    is `many` windows. `counting` finds by an index alone what has to be looked at to collect; `lead` is the column by whose index all
    are collected. Where `counting` tells their ids (`has_ids`), only these are looked at far along the order; and as it costs little to
    count them, rows near by are looked at only where too many fit to be counted.
    """

    many: int
    far: int
    near: int
    counting: Select[Any]
    lead: Any = None
    has_ids: bool = False


async def sifted(
    session: Session, statement: Bound, window: Window, order: Sequence[By], *, name: str, whole: ColumnElement[bool], ways: Ways,
    searched: Bound, run: Bound | None = None,
) -> Page[Any]:  # fmt: skip
    """Reads one window of a statement that narrows a long list by conditions, in a time that doesn't depend on how long that is.

    Where few rows fit, they are collected and sorted; where many do, a window's worth is met soon along the order of the `whole` list; and
    should they all lie far off, they are collected after all. `searched` is the statement as its rows are collected, which may begin
    elsewhere; of a `run`, rows that lie side by side in this order, a window is read besides, and `searched` needn't find them. It is one
    statement, of which those ways are run that are needed.
    """
    given = tuple(order), window.cursor is not None, window.is_backward
    wanted = changed(statement, _sifted, *given, whole, ways, searched.prepared.select, run and run.prepared.select)
    values = {**searched.values, **(run.values if run else {}), **_bounds(window, order, name)}
    return _paged(await session.rows(wanted, **values), window, order, name)


def _sifted(
    statement: Select[Any], order: Sequence[By], has_cursor: bool, is_backward: bool, whole: ColumnElement[bool], ways: Ways,
    searched: Select[Any], run: Select[Any] | None,
) -> Select[Any]:  # fmt: skip
    """A window of the rows that fit, by the ways that are needed to find it, each a limited statement of its own."""
    given = order, has_cursor, is_backward
    most = isqrt(ways.many * MOST_ROWS) + 1
    near = _once("near", _met(statement, *given, whole, ways.near).limit(WINDOW)) if ways.near and not ways.has_ids else None
    is_short = _is_short(near) if near is not None else true()
    counting = _if(is_short, ways.counting, _number(most)).subquery("counting")
    size = select(_once("counted", select(func.count().label("size")).select_from(counting)).c.size).scalar_subquery()
    is_few = size * size <= _number(ways.many) * WINDOW
    if ways.near and ways.has_ids:
        near = _once("near", _if(size == _number(most), _met(statement, *given, whole, ways.near), WINDOW))
        is_short = _is_short(near)
    met = _met_among(statement, *given, whole, ways) if ways.has_ids else _met(statement, *given, whole, ways.far)
    far = _once("far", _if(is_short & ~is_few, met, WINDOW))
    is_beyond = exists(_placed(select(literal_column("1")).where(whole), *given).limit(_number(1)).offset(_number(ways.far)))
    wanted = searched.with_only_columns(*_keys(order)).order_by(ways.lead)
    fitting = _once("fitting", _if(is_short & (is_few | (_is_short(far) & is_beyond)), wanted, _number(ALL)))
    side_by_side = _placed(run.with_only_columns(*_keys(order)), *given).limit(WINDOW).subquery("run") if run is not None else None
    found = union(*(way.select() for way in (near, far, _window(fitting, *given), side_by_side) if way is not None)).cte("found")
    return _shown(statement, order, is_backward, _window(found, order, False, is_backward))


def _once(name: str, statement: Select[Any]) -> CTE:
    return statement.cte(name).prefix_with("MATERIALIZED")


def _if(condition: ColumnElement[bool], statement: Select[Any], limit: Any) -> Select[Any]:
    """The statement or nothing: a limit of none keeps both engines from looking at any row, which a condition would not."""
    return statement.limit(select(case((condition, limit), else_=_number(0))).scalar_subquery())


def _is_short(way: CTE) -> ColumnElement[bool]:
    """Whether a way found less than a window."""
    return cast(ColumnElement[bool], select(func.count()).select_from(way).scalar_subquery() < WINDOW)


def _met(
    statement: Select[Any], order: Sequence[By], has_cursor: bool, is_backward: bool, whole: ColumnElement[bool], far: int
) -> Select[Any]:
    """Sort values of the rows that fit among so many of the whole list; they come in its order, as they are joined to nothing."""
    fitting = statement.with_only_columns(*_keys(order))
    table = order[-1].column.table
    used = {part.key for part in visitors.iterate(fitting) if isinstance(part, Column) and part.table is table}
    along = _placed(select(*(table.c[key] for key in sorted(used))).where(whole), order, has_cursor, is_backward)
    return cast(Select[Any], ClauseAdapter(along.limit(_number(far)).subquery("along")).traverse(fitting))


def _met_among(
    statement: Select[Any], order: Sequence[By], has_cursor: bool, is_backward: bool, whole: ColumnElement[bool], ways: Ways
) -> Select[Any]:
    """As `_met`, but only rows whose ids were found are looked at: the rest is an order's index and a table of ids in memory."""
    id = order[-1].column
    along = _placed(select(*_keys(order)).where(whole), order, has_cursor, is_backward).limit(_number(ways.far)).subquery("along")
    place = along.c[f"k{len(order) - 1}"]
    fits: Any = statement.with_only_columns(literal_column("1")).where(id == place).correlate(along).scalar_subquery()
    is_found = place.in_(ways.counting).is_(true())  # of IN alone plans make joins, which lose the order
    return select(*along.c).where(is_found, fits == 1)


def _window(rows: CTE, order: Sequence[By], has_cursor: bool, is_backward: bool) -> Subquery:
    """A window of collected sort values."""
    places = [By(rows.c[f"k{index}"], by.is_descending) for index, by in enumerate(order)]
    return _placed(rows.select(), places, has_cursor, is_backward).limit(WINDOW).subquery(f"{rows.name}_window")


def _shown(statement: Select[Any], order: Sequence[By], is_backward: bool, chosen: Subquery) -> Select[Any]:
    """What the statement shows of the chosen rows, then the sort values."""
    table, last = order[-1].column.table, len(order) - 1
    keys = [chosen.c[f"k{index}"] for index in range(len(order))]
    rows = chosen.join(table, table.c[order[-1].column.key] == keys[last])
    shown = select(*statement.selected_columns, *keys).select_from(rows)
    return shown.order_by(*(key.desc() if by.is_descending != is_backward else key for key, by in zip(keys, order, strict=True)))


def _number(number: int) -> Any:
    """A number that is part of the statement's text, so that plans can count on it."""
    return literal_column(str(number), Integer)


async def count(session: Session, statement: Select[Any] | Bound) -> int:
    """How many rows a statement has."""
    return int((await session.rows(changed(statement, _counted)))[0][0])


def _counted(statement: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(statement.subquery())


def under(column: Any, path: Any) -> Any:
    """Whether a path column lies at or below a path, which may be a value, a named parameter or a subquery."""
    end = path_end(path) if isinstance(path, str) else func.substr(path, 1, func.length(path) - 1) + "/"
    return (column >= path) & (column < end)


def names_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the values that aren't null: what a statement depends on whose conditions are each of one name."""
    return tuple(name for name, value in values.items() if value is not None)


def members(kind: type[StrEnum]) -> Mapping[str | None, Any]:
    """An enum's members by the texts they are stored as, null included: a tenth of what it costs to call the enum."""
    return {None: None, **{member.value: member for member in kind}}
