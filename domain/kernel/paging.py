"""Keyset pages: windows, cursors and rows; never offsets."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import urlsafe

Row = TypeVar("Row")
Other = TypeVar("Other")
LONGEST_CURSOR = 8_000
_ENCODER = msgspec.json.Encoder()


class _Id(msgspec.Struct, gc=False):
    """A UUID as it stands in a cursor."""

    u: str


def _plain(value: Any) -> Any:
    return {"t": value.isoformat()} if isinstance(value, datetime) else value


def _rich(value: Any) -> Any:
    """A value of a sort column; what no column holds is `ValueError`: a cursor is the client's word."""
    if isinstance(value, dict):
        return _instant(value["t"]) if "t" in value else UUID(value["u"])
    if isinstance(value, str) and "\0" not in value:
        return value
    if type(value) is int and abs(value) < 1 << 63:
        return value
    raise ValueError(value)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or not 1900 <= instant.year < 2200:
        raise ValueError(text)
    return instant


def cursor_of(order: str, key: Sequence[Any]) -> str:
    """Writes the place of a row in an order: its sort values, ending with its id."""
    plain = [_Id(value.hex) if isinstance(value, UUID) else value if type(value) is str else _plain(value) for value in key]
    return urlsafe(_ENCODER.encode([order, *plain])).rstrip("=")


def key_of(order: str, cursor: str, field: str) -> tuple[Any, ...]:
    """Reads a cursor of this order; one of another order or broken is `InvalidInput`."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError(len(cursor))
        made_for, *key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for != order:
            raise ValueError(made_for)
        return tuple(_rich(value) for value in key)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        raise InvalidInput("error.cursor", field=(field,)) from None


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted: `first` with `after`, or `last` with `before`."""

    count: int
    cursor: str | None = None
    is_backward: bool = False

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None, *, most: int = 100) -> "Window":
        """Checks the four arguments of a connection: exactly one of `first` and `last`, 1 to `most`."""
        if (first is None) == (last is None) or (first is None and after is not None) or (last is None and before is not None):
            raise InvalidInput("error.window", field=("first",), most=most)
        count = first if first is not None else last
        assert count is not None  # noqa: S101 (one of the two is there)
        if not 1 <= count <= most:
            raise InvalidInput("error.window", field=("first" if first is not None else "last",), most=most)
        return cls(count, after if first is not None else before, first is None)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one window, in order, each with its cursor."""

    rows: Sequence[Row]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool

    def made(self, kind: Callable[..., Other], width: int) -> "Page[Other]":
        """The same page with rows of a class that takes the first columns of each, one after the other."""
        cut: Callable[[Any], Sequence[Any]] = itemgetter(slice(width))
        return Page(list(starmap(kind, map(cut, self.rows))), self.cursors, self.has_next, self.has_previous)

    def map(self, change: Callable[[Row], Other]) -> "Page[Other]":
        """The same page with other rows."""
        return Page([change(row) for row in self.rows], self.cursors, self.has_next, self.has_previous)
