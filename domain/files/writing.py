"""Writes tables row by row as CSV, XLSX or JSON lines: memory stays flat, and no cell is taken for a formula."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, BinaryIO

import orjson
import xlsxwriter

_WHOLE = 10**15
"""From here on a spreadsheet's number loses digits."""


class ExportFormat(StrEnum):
    """Format of a table."""

    CSV = "CSV"
    XLSX = "XLSX"
    JSONL = "JSONL"


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSONL: "application/x-ndjson",
}
Rows = Sequence[Sequence[Any]]


def as_cell(value: Any) -> Any:
    """A value as it stands in a file: instants in RFC 3339 (UTC), truth as TRUE or FALSE, nothing as an empty text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return "" if value is None else value


def inert(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe before it, which reading takes away again (`imports.cells.clean`)."""
    if not isinstance(cell, str) or cell[:1] not in _BEGINNINGS:
        return cell
    return cell if cell[:1] in "+-" and cell[1:].isdigit() else f"'{cell}"


_BEGINNINGS = frozenset("=@+-\t\r'")


def text_of(format: ExportFormat, titles: Sequence[str], rows: Rows, *, is_first: bool) -> bytes:
    """A part of a table as text, CSV with a UTF-8 mark and titles where it is the first."""
    if format is ExportFormat.JSONL:
        return b"".join(orjson.dumps(dict(zip(titles, map(as_cell, row), strict=True)), option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if is_first:
        out.write("\ufeff")
        writer.writerow(titles)
    writer.writerows([inert(as_cell(value)) for value in row] for row in rows)
    return out.getvalue().encode()


@contextmanager
def workbook(file: BinaryIO, titles: Sequence[str], *, is_rtl: bool = False) -> Iterator[Callable[[Rows], None]]:
    """Writes an Excel workbook of one sheet; what is handed over are rows to add. Text stays text, whatever it looks like."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    if is_rtl:
        sheet.right_to_left()
    sheet.freeze_panes(1, 0)
    for place, title in enumerate(titles):
        sheet.write_string(0, place, title)
    number = 0

    def add(rows: Rows) -> None:
        nonlocal number
        for row in rows:
            number += 1
            for place, value in enumerate(row):
                cell = inert(as_cell(value))
                if isinstance(cell, int) and abs(cell) < _WHOLE:
                    sheet.write_number(number, place, cell)
                elif cell != "":
                    sheet.write_string(number, place, str(cell))

    yield add
    book.close()
