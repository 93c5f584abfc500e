"""Reads JSON lines: an object a line, whose keys are the titles."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

import orjson

from domain.files.delimited import Record, lines
from domain.kernel.errors import InvalidInput

_WHOLE = 10**15
"""From here on a number that went through a spreadsheet or a double has lost digits."""
_MOST_TITLES = 200


def is_json(head: bytes) -> bool:
    """Whether a file that begins so holds objects."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


@contextmanager
def read(file: BinaryIO) -> Iterator[tuple[Sequence[str], Iterator[Record]]]:
    """The keys of all objects in the order met, and the objects; a line that isn't an object is `InvalidInput`."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n")
    try:
        titles: dict[str, None] = {}
        for _, one in _objects(text):
            titles.update(dict.fromkeys(one))
            if len(titles) > _MOST_TITLES:
                raise InvalidInput("import.many_columns", most=_MOST_TITLES)
        if not titles:
            raise InvalidInput("import.empty")
        text.seek(0)
        yield list(titles), ((number, [as_text(one.get(title)) for title in titles]) for number, one in _objects(text))
    finally:
        text.detach()


def _objects(text: io.TextIOWrapper) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        for number, line in enumerate(lines(text), 1):
            if line.strip():
                one = orjson.loads(line)
                if not isinstance(one, dict):
                    raise InvalidInput("import.broken_json", line=str(number))
                yield number, one
    except orjson.JSONDecodeError:
        raise InvalidInput("import.broken_json", line=str(number)) from None


def as_text(value: Any) -> str:
    """A value of a program as a person would write it; a double too large to be exact is written 9.89E+11 style, to be refused as such."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else f"{value:.14E}" if abs(value) >= _WHOLE else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(value, list):
        return "|".join(map(as_text, value))
    return str(value)
