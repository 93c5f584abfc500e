"""Statements that are made once and run many times: written in SQLAlchemy, compiled once, their values given by name at each run."""

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Dialect, Select, Text, bindparam
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator, TypeEngine

DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]
Change = Callable[..., Select[Any]]
STATEMENTS_KEPT = 500
"""Statements of a kind that a process keeps, those least used leaving first; each takes 20 to 60 KB."""
NUMERIC = 1700
"""PostgreSQL's number of the type NUMERIC, the only one that SQLAlchemy asks for before it reads a column."""


class _Many(TypeDecorator[Sequence[Any]]):
    """Values of one type in one parameter: an array on PostgreSQL, a JSON text of them as they are stored on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, type: TypeEngine[Any]) -> None:
        super().__init__()
        self.type = type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array or a text."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.type))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """The values as they are stored."""
        if dialect.name != "sqlite":
            return list(value or ())
        stored = self.type.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps([stored(item) if stored else item for item in value or ()])


class Among(FunctionElement[bool]):
    """Whether a column's value is among those of one parameter, however many: `IN` would be another statement for each number of them."""

    name = "among"
    type: Any = NULLTYPE  # of a BOOLEAN SQLite would be asked whether it is 1, and no index would answer
    inherit_cache = True


def among(column: Any, name: str) -> ColumnElement[bool]:
    """The condition `column IN (the values given as name)` in a statement that stays the same."""
    return Among(column, bindparam(name, type_=_Many(column.type)))


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 (both are compiled)


class OneOf(FunctionElement[bool]):
    """Whether a column's value is one of those of a query, answered first: of `IN` PostgreSQL may make a join that begins elsewhere."""

    name = "one_of"
    type: Any = NULLTYPE
    inherit_cache = True


def one_of(column: Any, values: Select[Any]) -> ColumnElement[bool]:
    """The condition `column IN (the query)`, by the column's index."""
    return OneOf(column, values.scalar_subquery())


@compiles(OneOf, "postgresql")
def _one_of_postgresql(element: OneOf, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY (ARRAY{values})"


@compiles(OneOf, "sqlite")
def _one_of_sqlite(element: OneOf, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN {values}"


class Prepared:
    """A select made once; its named parameters (`bindparam`) have no values of their own, so that none can be forgotten."""

    def __init__(self, select: Select[Any]) -> None:
        self.select = select

    def __call__(self, **values: Any) -> "Bound":
        """The statement with some of its values."""
        return Bound(self, values)

    @functools.cached_property
    def driven(self) -> "Driven":
        """The same as the driver takes it."""
        return Driven(self.select)


class Driven:
    """A select as asyncpg takes it: `text` with numbered places, and how values become its arguments."""

    def __init__(self, select: Select[Any]) -> None:
        compiled: Any = select.compile(dialect=DIALECT)
        if compiled.post_compile_params:
            raise TypeError("IN makes another statement for each number of values: say among()")
        self.text: str = compiled.string
        self._names: Sequence[str] = compiled.positiontup
        bound: Mapping[str, BindParameter[Any]] = compiled.binds
        self._chosen: Callable[[Mapping[str, Any]], Iterable[Any]] = _chooser(self._names)
        self._constants = {name: value for name, value in compiled.params.items() if name not in bound or not bound[name].required}
        types = {name: parameter.type.dialect_impl(DIALECT) for name, parameter in bound.items()}
        processors = [types[name].bind_processor(DIALECT) if name in types else None for name in self._names]
        self._taken = [(index, processor) for index, processor in enumerate(processors) if processor]
        columns = [column.type.dialect_impl(DIALECT).result_processor(DIALECT, NUMERIC) for column in compiled._result_columns]
        self._given = [(index, processor) for index, processor in enumerate(columns) if processor]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of their places; names the statement hasn't are passed over; one that is missing is `KeyError`."""
        arguments = list(self._chosen({**self._constants, **values}))
        for index, processor in self._taken:
            arguments[index] = processor(arguments[index])
        return arguments

    def rows(self, records: Sequence[Any]) -> Sequence[Any]:
        """The records as the types of their columns promise; most types leave the driver's values as they are."""
        if not self._given:
            return records
        rows = [list(record) for record in records]
        for row in rows:
            for index, processor in self._given:
                row[index] = processor(row[index])
        return rows


def _chooser(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """What takes the values of some names out of a mapping, in their order."""
    return itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]


class Bound:
    """A prepared statement with some of its values, such as those of a scope."""

    __slots__ = ("prepared", "values")

    def __init__(self, prepared: Prepared, values: Mapping[str, Any]) -> None:
        self.prepared = prepared
        self.values = values

    def __call__(self, **values: Any) -> "Bound":
        """The statement with more of its values."""
        return Bound(self.prepared, {**self.values, **values})


def changed(statement: Select[Any] | Bound, change: Change, *arguments: Any) -> Select[Any] | Bound:
    """A statement after a change; one that is made once is changed once."""
    if isinstance(statement, Bound):
        return Bound(_changed(statement.prepared, change, *arguments), statement.values)
    return change(statement, *arguments)


@functools.lru_cache(STATEMENTS_KEPT)
def _changed(prepared: Prepared, change: Change, *arguments: Any) -> Prepared:
    return Prepared(change(prepared.select, *arguments))
