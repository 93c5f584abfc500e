"""Opens a table whatever program wrote it, CSV, XLSX or JSON lines, packed or not, and hands out its records as text, one at a time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from domain.files import delimited, objects, workbook
from domain.files.content import unpacked
from domain.files.delimited import Record
from domain.files.rules import CSV, FileType, Limits

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_ZIPPED = FileType(CSV.ending, CSV.media_type, is_table=True, is_zipped=True)


@dataclass
class Records:
    """An open table: its titles as they stand there, and its records, once."""

    titles: Sequence[str]
    rows: Iterator[Record]
    size: int
    file: BinaryIO = field(repr=False)
    is_plain: bool = False
    """Whether cells are values of a program, with nothing put around them for spreadsheets."""

    @property
    def position(self) -> int:
        """How many of its bytes have been read so far, more or less."""
        return min(self.size, self.file.tell())


@contextmanager
def open_records(source: Path | BinaryIO, limits: Limits = Limits()) -> Iterator[Records]:
    """Opens a table by its content, whatever its name; one that can't be read at all is `InvalidInput`."""
    with ExitStack() as parts:
        file = parts.enter_context(source.open("rb")) if isinstance(source, Path) else source
        file.seek(0)
        if file.read(2) == _GZIP:
            packed = file.seek(0, 2)
            file = parts.enter_context(unpacked(file, packed, _ZIPPED, limits))
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(200)
        file.seek(0)
        if head.startswith(_ZIP):
            reader = workbook.read(file)
        elif objects.is_json(head):
            reader = objects.read(file)
        else:
            reader = delimited.read(file)
        titles, rows = parts.enter_context(reader)
        yield Records(titles, rows, size, file, is_plain=objects.is_json(head))
