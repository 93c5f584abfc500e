"""Reads text with cells apart by a mark: encodings, delimiters, quotes; never more of it in memory than one record."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from domain.kernel.errors import InvalidInput

_BLOCK = 1 << 16
_DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 1 << 20

Record = tuple[int, list[str]]
"""A line or row of the file, counted from 1, and its cells in the order of the titles."""


@contextmanager
def read(file: BinaryIO) -> Iterator[tuple[Sequence[str], Iterator[Record]]]:
    """The titles and records of a text; quotes that don't close are `InvalidInput`."""
    encoding = _encoding(file)
    skipped, delimiter = _beginning(file, encoding)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        for _ in range(skipped):
            text.readline()
        records = _records(text, delimiter, skipped)
        _, titles = next(records, (0, []))
        yield titles, records
    finally:
        text.detach()


def _beginning(file: BinaryIO, encoding: str) -> tuple[int, str]:
    """How many lines stand before the header, and what divides its cells; a first line `sep=;` says so itself."""
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        for number, line in enumerate(lines(text)):
            if line.lower().startswith("sep=") and line.strip()[4:5]:
                return number + 1, line[4]
            if line.strip():
                return number, _delimiter(line)
        raise InvalidInput("import.empty")
    finally:
        text.detach()
        file.seek(0)


def lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a text, none longer than a megabyte and all in their encoding: else `InvalidInput`, before it fills the memory."""
    number = 1
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise InvalidInput("import.long_line", line=str(number))
            yield line
            number += 1
    except UnicodeDecodeError:
        raise InvalidInput("import.encoding", line=str(number)) from None


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


def _records(text: io.TextIOWrapper, delimiter: str, skipped: int) -> Iterator[Record]:
    """Records that hold anything, each with the line it begins on; a quoted cell may run over several lines."""
    reader = csv.reader(lines(text), delimiter=delimiter, strict=True)
    begins = skipped + 1
    try:
        for record in reader:
            if any(record) and any(cell.strip() for cell in record):
                yield begins, record
            begins = skipped + reader.line_num + 1
    except csv.Error:
        raise InvalidInput("import.broken_quotes", line=str(begins)) from None
