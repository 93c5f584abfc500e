"""What was read for many keys at once, back in the order of the keys."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID


class Identified(Protocol):
    """A row with an id."""

    @property
    def id(self) -> UUID:
        """Its id."""


Key = TypeVar("Key")
Row = TypeVar("Row")
RowWithId = TypeVar("RowWithId", bound=Identified)


def in_order(ids: Sequence[UUID], rows: Iterable[RowWithId]) -> list[RowWithId | None]:
    """The row of each id, null where there is none."""
    found = {row.id: row for row in rows}
    return [found.get(id) for id in ids]


def grouped(keys: Sequence[Key], rows: Iterable[tuple[Key, Row]], *, most: int | None = None) -> list[list[Row]]:
    """The rows of each key, told by it, in the order in which they come: the first so many of each."""
    found = defaultdict[Key, list[Row]](list)
    for key, row in rows:
        found[key].append(row)
    return [found[key][:most] for key in keys]
