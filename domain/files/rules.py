"""Which files may be uploaded, how large they may be, and what their names become; pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.files.tables import Purpose
from domain.kernel.errors import InvalidInput

MEGABYTE = 1_000_000
LONGEST_NAME = 120
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_HALF_SPACE = "\u200c"  # belongs into Persian words
_RESERVED = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class FileType:
    """A type that may be uploaded: its ending, its media type and what else that is called; a `table` may be large and gzipped."""

    ending: str
    media_type: str
    called: frozenset[str] = frozenset()
    is_table: bool = False
    is_zipped: bool = False

    @property
    def shown_media_type(self) -> str:
        """The media type of the file as it is kept."""
        return GZIP if self.is_zipped else self.media_type


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be uploaded: bytes of one file, bytes it may unpack to, and what one actor and one organization may send a day."""

    table_bytes: int = 64 * MEGABYTE
    other_bytes: int = 5 * MEGABYTE
    unpacked_bytes: int = 1_000 * MEGABYTE
    actor_bytes: int = 500 * MEGABYTE
    organization_bytes: int = 2_000 * MEGABYTE
    actor_files: int = 200
    organization_files: int = 2_000

    def most(self, type: FileType) -> int:
        """Bytes that a file of this type may have."""
        return self.table_bytes if type.is_table else self.other_bytes


GZIP = "application/gzip"
_GZIPS = frozenset({GZIP, "application/x-gzip"})
CSV = FileType("csv", "text/csv", frozenset({"application/csv", "text/plain", "application/vnd.ms-excel"}), is_table=True)
XLSX = FileType("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", is_table=True)
NDJSON = FileType("ndjson", "application/x-ndjson", frozenset({"application/ndjson", "application/jsonl"}), is_table=True)
PDF = FileType("pdf", "application/pdf")
PNG = FileType("png", "image/png")
JPEG = FileType("jpg", "image/jpeg", frozenset({"image/jpg"}))
TYPES: Sequence[FileType] = (CSV, XLSX, NDJSON, PDF, PNG, JPEG)
BY_ENDING: Mapping[str, FileType] = {type.ending: type for type in TYPES} | {"jsonl": NDJSON, "jpeg": JPEG, "txt": CSV, "tsv": CSV}
"""Types by the last part of a name; spreadsheets also write `.txt` and `.tsv`."""

TABLES = frozenset({CSV.media_type, XLSX.media_type, NDJSON.media_type, GZIP})
PAPERS = frozenset({PDF.media_type, PNG.media_type, JPEG.media_type})
ALLOWED: Mapping[Purpose, frozenset[str]] = {
    Purpose.ATTACHMENT: PAPERS | TABLES,
    Purpose.PAPER: PAPERS,
    Purpose.SLIP: PAPERS,
    Purpose.SELECTION: TABLES,
    Purpose.IMPORT: TABLES,
}
"""Which media types may be claimed for what."""

MOST_TIMES = 200
"""How many times its size a file may unpack to, beside the first 10 MB: rows of a table shrink to a twentieth, bombs to a thousandth."""


def type_of(name: str, declared: str) -> FileType:
    """The type that a name and a declared media type agree on; any other is `InvalidInput`."""
    stem, _, ending = name.lower().rpartition(".")
    media_type = declared.partition(";")[0].strip().lower()
    is_zipped = ending == "gz"
    type = BY_ENDING.get(stem.rpartition(".")[2] if is_zipped else ending)
    if type is None or not stem or (is_zipped and not type.is_table):
        raise InvalidInput("files.type", field=("fileName",), endings=", ".join(BY_ENDING))
    if media_type not in (_GZIPS if is_zipped else {type.media_type, *type.called}):
        raise InvalidInput("files.declared", field=("contentType",), name=name, expected=GZIP if is_zipped else type.media_type)
    return FileType(type.ending, type.media_type, type.called, type.is_table, is_zipped)


def clean_name(name: str) -> str:
    """A name without folders, unseen characters and what some file system refuses, at most 120 characters; none is `InvalidInput`."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(letter for letter in last if letter == _HALF_SPACE or unicodedata.category(letter) not in _UNSEEN)
    tidy = _RESERVED.sub("_", " ".join(seen.split())).strip(" .")
    stem, dot, ending = tidy.partition(".") if tidy.lower().endswith(".gz") else tidy.rpartition(".")
    short = f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip()}{dot}{ending}"
    if not stem.strip(" ._") or not ending or len(short) > LONGEST_NAME:
        raise InvalidInput("files.name", field=("fileName",))
    return short


def most_unpacked(size: int, limits: Limits) -> int:
    """Bytes that a packed file of this size may unpack to."""
    return min(limits.unpacked_bytes, 10 * MEGABYTE + MOST_TIMES * size)
