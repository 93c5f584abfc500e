"""Reads the first sheet of an Excel workbook, a row at a time."""

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl

from domain.files.delimited import Record
from domain.files.objects import as_text
from domain.kernel.errors import InvalidInput

_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, ParseError, EOFError, OSError)
"""What openpyxl answers to files that only look like workbooks."""
_MOST_COLUMNS = 200
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


@contextmanager
def read(file: BinaryIO) -> Iterator[tuple[Sequence[str], Iterator[Record]]]:
    """The titles and records of the first sheet that is shown, formulas by their results; a broken workbook is `InvalidInput`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles that it doesn't know
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except _BROKEN:
            raise InvalidInput("files.damaged") from None
        try:
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            if not sheets:
                raise InvalidInput("import.empty")
            sheets[0].reset_dimensions()  # what a file says about its size may be wrong
            records = _records(sheets[0].iter_rows(values_only=True))
            _, titles = next(records, (0, None))
            if titles is None:
                raise InvalidInput("import.empty")
            while not titles[-1].strip():
                titles.pop()
            yield titles, records
        finally:
            book.close()


def _records(rows: Iterator[tuple[object, ...]]) -> Iterator[Record]:
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            cells = [_unescaped(value) if type(value) is str else as_text(value) for value in row[:_MOST_COLUMNS]]
            if any(cells) and any(cell.strip() for cell in cells):
                yield number, cells
    except _BROKEN:
        raise InvalidInput("import.broken_sheet", line=str(number + 1)) from None


def _unescaped(text: str) -> str:
    """Text with the characters that XML can't hold, which workbooks write as `_x0007_`."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
