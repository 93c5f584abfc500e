"""Reads a table that lists SIM cards by number or serial, in whatever column, with or without a header."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

import msgspec

from domain.files.delimited import Record
from domain.files.records import open_records
from domain.kernel.errors import InvalidInput
from domain.kernel.identifiers import parse_iccid, parse_msisdn

LONGEST_LABEL = 60


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of a table: its number from 1, what to call it, and the numbers and serials that stand in it."""

    number: int
    label: str
    names: Sequence[str]


def listed(file: BinaryIO, *, most: int) -> list[Line]:
    """The lines of a table that aren't empty, but for a header; more than `most`, or a file that is no table, are `InvalidInput`."""
    with open_records(file) as records:
        lines = []
        for line in _lines(records.titles, records.rows):
            lines.append(line)
            if len(lines) > most:
                raise InvalidInput("jobs.selection", field=("sims", "uploadId"), most=most)
        return lines


def _lines(titles: Sequence[str], rows: Iterable[Record]) -> Iterator[Line]:
    """The first line counts when it names a card: then it is no header."""
    first = _line(1, titles)
    if first is not None and first.names:
        yield first
    for number, cells in rows:
        if (line := _line(number, cells)) is not None:
            yield line


def _line(number: int, cells: Sequence[str]) -> Line | None:
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if not filled:
        return None
    names = [name for cell in filled for name in _names(cell)]
    return Line(number, (names[0] if names else filled[0])[:LONGEST_LABEL], names)


def _names(cell: str) -> Iterator[str]:
    """A cell as a number of ours or a card's serial, if it is one."""
    for parse in (parse_msisdn, parse_iccid):
        with suppress(InvalidInput):
            yield parse(cell)
