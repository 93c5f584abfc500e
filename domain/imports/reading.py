"""Opens a CSV file whatever program wrote it: encodings, delimiters, headers; hands out its records with their line numbers."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from domain.imports.cells import clean
from domain.imports.columns import Column, by_header
from domain.imports.words import key
from domain.kernel.errors import InvalidInput

_BLOCK = 1 << 16
_DELIMITERS = (",", ";", "\t")


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
    size: int
    file: BinaryIO

    @property
    def position(self) -> int:
        """How many bytes have been read so far."""
        return self.file.tell()


@contextmanager
def open_sheet(path: Path, columns: Sequence[Column]) -> Iterator[Sheet]:
    """Opens a file; one without the required headers, or whose quotes don't close, is `InvalidInput`."""
    with path.open("rb") as file:
        encoding = _encoding(file)
        skipped, delimiter = _beginning(file, encoding)
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        try:
            for _ in range(skipped):
                text.readline()
            records = _records(text, delimiter, skipped)
            _, titles = next(records, (0, []))
            headers, ignored = _headers(titles, columns)
            by_title = {title: name for name, title in headers.items()}
            names = [by_title.get(title) for title in titles]
            shown = {name: clean(title) for name, title in headers.items()}
            yield Sheet(columns, shown, ignored, _lines(records, names), path.stat().st_size, file)
        finally:
            text.detach()


def _beginning(file: BinaryIO, encoding: str) -> tuple[int, str]:
    """How many lines stand before the header, and what divides its cells; a first line `sep=;` says so itself."""
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        for number, line in enumerate(text):
            if line.lower().startswith("sep=") and line.strip()[4:5]:
                return number + 1, line[4]
            if line.strip():
                return number, _delimiter(line)
        raise InvalidInput("import.empty")
    finally:
        text.detach()
        file.seek(0)


def _encoding(file: BinaryIO) -> str:
    """UTF-16 by its mark or its zero bytes, else UTF-8 if all of it is, else the Windows code page of Persian and Arabic."""
    start = file.read(200)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in start:
        return "utf-16-le" if start[1:2] == b"\x00" else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1256"
    finally:
        file.seek(0)
    return "utf-8-sig"


def _delimiter(header: str) -> str:
    """The mark that divides the header most often, quoted parts apart."""
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _records(text: io.TextIOWrapper, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Records that hold anything, each with the line it begins on; a quoted cell may run over several lines."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    begins = skipped + 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                yield begins, record
            begins = skipped + reader.line_num + 1
    except csv.Error:
        raise InvalidInput("import.broken_quotes", line=str(begins)) from None


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


def _lines(records: Iterator[tuple[int, list[str]]], names: Sequence[str | None]) -> Iterator[Line]:
    for number, record in records:
        surplus = any(cell.strip() for cell in record[len(names) :])
        cells = zip_longest(names, record[: len(names)], fillvalue="")
        yield Line(number, {name: clean(cell) for name, cell in cells if name}, surplus)
