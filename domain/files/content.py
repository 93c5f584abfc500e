"""Looks into a file before anybody relies on it: whether it is what its name says, and whether unpacking it is safe."""

import codecs
import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from domain.files import rules
from domain.files.rules import CSV, JPEG, NDJSON, PDF, PNG, XLSX, FileType, Limits
from domain.kernel.errors import InvalidInput

BLOCK = 1 << 20
_HEAD = 1024
_MAGIC = {PDF.ending: b"%PDF-", PNG.ending: b"\x89PNG\r\n\x1a\n", JPEG.ending: b"\xff\xd8\xff", XLSX.ending: b"PK\x03\x04"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = (
    b"\x7fELF", b"PK\x03\x04", b"\x1f\x8b", b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"#!", b"BZh", b"Rar!",
)  # fmt: skip
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<?php")
_PARTS = {"[Content_Types].xml", "xl/workbook.xml"}
_MOST_PARTS = 2_000


def check(file: BinaryIO, size: int, type: FileType, limits: Limits) -> None:
    """Reads the whole file; one that isn't what it is said to be, is damaged or unpacks to too much is `InvalidInput`."""
    if size == 0:
        raise InvalidInput("files.empty")
    with unpacked(file, size, type, limits) as plain:
        head = plain.read(_HEAD)
        if type.ending in _MAGIC and not head.startswith(_MAGIC[type.ending]):
            raise InvalidInput("files.content", kind=type.ending.upper())
        if type.ending == XLSX.ending:
            _check_workbook(plain, limits)
        elif type.ending in (CSV.ending, NDJSON.ending):
            _check_text(plain, head, type)
    file.seek(0)


@contextmanager
def unpacked(file: BinaryIO, size: int, type: FileType, limits: Limits) -> Iterator[BinaryIO]:
    """The content out of its gzip in a temporary file, from its beginning; what unpacks to too much or is damaged is `InvalidInput`."""
    file.seek(0)
    if not type.is_zipped:
        yield file
        return
    most = rules.most_unpacked(size, limits)
    with tempfile.TemporaryFile() as plain:
        try:
            with gzip.GzipFile(fileobj=file) as source:
                while block := source.read(BLOCK):
                    if plain.tell() + len(block) > most:
                        raise InvalidInput("files.bomb", most=most // rules.MEGABYTE)
                    plain.write(block)
        except (OSError, EOFError, zlib.error):
            raise InvalidInput("files.damaged") from None
        if plain.tell() == 0:
            raise InvalidInput("files.empty")
        plain.seek(0)
        yield cast(BinaryIO, plain)


def _check_workbook(file: BinaryIO, limits: Limits) -> None:
    """A workbook without macros, whose parts are as large as they say and together no bomb."""
    packed = file.seek(0, 2)
    most = rules.most_unpacked(packed, limits)
    try:
        with zipfile.ZipFile(file) as book:
            parts = book.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > most:
                raise InvalidInput("files.bomb", most=most // rules.MEGABYTE)
            names = {part.filename for part in parts}
            if not names >= _PARTS or any(part.flag_bits & 1 for part in parts):
                raise InvalidInput("files.content", kind="XLSX")
            if any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll")) for name in names):
                raise InvalidInput("files.macros")
            if book.testzip() is not None:  # reads no further than what a part says it holds, and compares the checksum
                raise InvalidInput("files.damaged")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError):
        raise InvalidInput("files.damaged") from None


def _check_text(file: BinaryIO, head: bytes, type: FileType) -> None:
    """Text in UTF-8, UTF-16 or a Windows code page; neither a program nor a page nor another format under a false name."""
    begins = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    is_wide = head.startswith(_UTF16) or b"\x00" in head[:4]
    if head.startswith(_NO_TEXT) or begins.startswith(_MARKUP):
        raise InvalidInput("files.content", kind=type.ending.upper())
    if type.ending == NDJSON.ending and not begins.startswith(b"{"):
        raise InvalidInput("files.content", kind="NDJSON")
    file.seek(0)
    if is_wide:
        _decode(file, "utf-16" if head.startswith(_UTF16) else "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be", type)
        return
    while block := file.read(BLOCK):
        if b"\x00" in block:
            raise InvalidInput("files.content", kind=type.ending.upper())


def _decode(file: BinaryIO, encoding: str, type: FileType) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(BLOCK):
            if "\x00" in decoder.decode(block):
                raise InvalidInput("files.content", kind=type.ending.upper())
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise InvalidInput("files.content", kind=type.ending.upper()) from None


