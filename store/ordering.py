"""Sort keys: columns that are never null, which the database computes from others and indexes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import Computed, column, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, to_instance
from sqlmodel import Field

from store.types import Ordered

EPOCH = datetime.fromtimestamp(0, UTC)
LEAST: Mapping[type, Any] = {str: "", int: 0, datetime: EPOCH}
"""What stands for null, by the type of a column: it comes before everything that is there."""

LAST: Final = "\U0010ffff"
"""What stands for a text that isn't there where such come behind all that are."""
Type = TypeEngine[Any] | type[TypeEngine[Any]]


class _OrLeast(FunctionElement[Any]):
    name = "or_least"
    inherit_cache = True


@compiles(_OrLeast)
def _or_least(element: _OrLeast, compiler: Any, **options: Any) -> str:
    (source,) = element.clauses
    kind = source.type
    python_type = (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
    return f"coalesce({compiler.process(source, **options)}, {compiler.render_literal_value(LEAST[python_type], kind)})"


def or_least(of: str, type: Type) -> Computed:
    """Computes a column from another of its type: its value, or the least one of the type where it is null."""
    return Computed(_OrLeast(column(of, to_instance(type))), persisted=True)


def or_last(of: str) -> Computed:
    """Computes a text column from another one: its value, or `LAST` where it is null or empty."""
    return Computed(func.coalesce(func.nullif(column(of), literal("")), literal(LAST)), persisted=True)


def sort_key(of: str, type: Type) -> Any:
    """A field that nobody writes: another column, never null."""
    return Field(default=None, sa_type=type, nullable=False, sa_column_args=[or_least(of, type)])


def text_key(of: str) -> Any:
    """As `sort_key` of a text column, but what isn't there comes last."""
    return Field(default=None, sa_type=cast(Any, Ordered), nullable=False, sa_column_args=[or_last(of)])
