"""Opens a table by its headers and hands out its records with their line numbers, their cells by column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.files.delimited import Record
from domain.files.records import Records, open_records
from domain.imports.cells import bare, clean
from domain.imports.columns import Column, by_header
from domain.imports.words import key
from domain.kernel.errors import InvalidInput

Source = Path | BinaryIO
"""A file by its path, or open."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record: the line of the file it begins on, and its cells by column name, cleaned; `has_surplus` if it has more than the header."""

    number: int
    cells: Mapping[str, str]
    has_surplus: bool = False


@dataclass(frozen=True)
class Sheet:
    """An open file: its columns with the headers as they stand there, the headers it has besides, and its records, once."""

    columns: Sequence[Column]
    headers: Mapping[str, str]
    ignored: Sequence[str]
    lines: Iterator[Line]
    records: Records


@contextmanager
def open_sheet(source: Source, columns: Sequence[Column]) -> Iterator[Sheet]:
    """Opens a table; one without the required headers, or that can't be read at all, is `InvalidInput`."""
    with open_records(source) as records:
        headers, ignored = _headers(records.titles, columns)
        by_title = {title: name for name, title in headers.items()}
        names = [by_title.get(title) for title in records.titles]
        shown = {name: clean(title) for name, title in headers.items()}
        yield Sheet(columns, shown, ignored, _lines(records.rows, names, bare if records.is_plain else clean), records)


def _headers(titles: Sequence[str], columns: Sequence[Column]) -> tuple[dict[str, str], list[str]]:
    """Headers by the column they name, and those that name none."""
    known = by_header(columns)
    found: dict[str, str] = {}
    ignored = []
    for title in titles:
        column = known.get(key(clean(title)))
        if column is None:
            ignored.append(clean(title))
        elif column.name in found:
            raise InvalidInput("import.double_column", name=column.name, one=found[column.name], other=clean(title))
        else:
            found[column.name] = title
    if missing := [column.name for column in columns if column.is_required and column.name not in found]:
        raise InvalidInput("import.missing_columns", names=", ".join(missing))
    return found, [title for title in ignored if title]


def _lines(records: Iterator[Record], names: Sequence[str | None], read: Callable[[str], str]) -> Iterator[Line]:
    places = [(name, place) for place, name in enumerate(names) if name]
    count = len(names)
    for number, record in records:
        surplus = len(record) > count and any(cell.strip() for cell in record[count:])
        if len(record) < count:
            record += [""] * (count - len(record))
        yield Line(number, {name: read(cell) for name, place in places if (cell := record[place])}, surplus)
