"""Tables are read whatever program wrote them, as text and one record at a time; what can't be read is refused with a word."""

import gzip
import io
import tracemalloc
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
import pytest
import xlsxwriter

from domain.files.records import open_records
from domain.kernel.errors import InvalidInput

TABLE = [["شماره", "iccid", "name"], ["09351234567", "8998", "نام; a, b"], ["0936", "8999", 'quoted "x"\nover lines']]


def xlsx(rows: Iterable[Iterable[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def text(delimiter: str, encoding: str, begin: str = "") -> bytes:
    quoted = (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in TABLE)
    return (begin + "\r\n".join(quoted) + "\r\n").encode(encoding)


def read(content: bytes) -> list[list[str]]:
    with open_records(io.BytesIO(content)) as records:
        return [list(records.titles), *(cells for _, cells in records.rows)]


LINES = [dict(zip(TABLE[0], row, strict=True)) for row in TABLE[1:]]


@pytest.mark.parametrize(
    "content",
    [
        *(text(mark, code) for mark in ",;\t" for code in ("utf-8", "utf-8-sig", "utf-16", "cp1256")),
        text(";", "utf-8", "sep=;\r\n"),
        text(",", "utf-8", "\r\n \r\n"),
        b"".join(orjson.dumps(line) + b"\n" for line in LINES),
        b"\xef\xbb\xbf\n" + b"\r\n\r\n".join(map(orjson.dumps, LINES)),
        xlsx(TABLE),
    ],
)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_it_is_the_same_table_however_it_is_written(content: bytes, is_zipped: bool) -> None:
    assert read(gzip.compress(content) if is_zipped else content) == TABLE


def test_values_of_a_workbook_are_what_a_person_reads() -> None:
    rows = [["a"], [9351234567], [8.99835000000000123e18], [1.5], [datetime(2026, 3, 1)], [datetime(2026, 3, 1, 8, 30)], [True], ["=1+1"], ["  "]]  # noqa: DTZ001

    assert [cells[0] for cells in read(xlsx(rows))[1:]] == [
        "9351234567", "8.99835000000000E+18", "1.5", "2026-03-01", "2026-03-01 08:30:00", "TRUE", "0",
    ]  # fmt: skip


def test_keys_of_objects_may_differ_and_lists_are_labels() -> None:
    assert read(b'{"a": 1, "tags": ["x", "y"]}\n{"b": null, "a": 12.0}\n') == [["a", "tags", "b"], ["1", "x|y", ""], ["12", "", ""]]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "import.empty"),
        (b"\n \n", "import.empty"),
        (b'a,b\n"x,1\n', "import.broken_quotes"),
        (b"a" * (2 << 20), "import.long_line"),
        (b'{"a": 1}\n{"a": \n', "import.broken_json"),
        (b'{"a": 1}\n[1]\n', "import.broken_json"),
        (b'{"a": "\xff"}\n', "import.encoding"),
        (b"{" + b",".join(b'"k%d": 1' % i for i in range(300)) + b"}\n", "import.many_columns"),
        (b"PK\x03\x04 nothing", "files.damaged"),
        (xlsx([])[:-40], "files.damaged"),
        (xlsx([]), "import.empty"),
        (b"\x1f\x8b\x08\x00 nothing", "files.damaged"),
        (gzip.compress(b"0" * 80_000_000), "files.bomb"),
        ("a,b\n".encode("utf-16")[:-1], "import.encoding"),
    ],
)
def test_what_cant_be_read_is_refused_with_a_word(content: bytes, key: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        read(content)
    assert fault.value.message_key == key


@pytest.mark.parametrize("make", [lambda line: line, gzip.compress])
def test_memory_stays_flat_however_long_the_table_is(make: Any) -> None:
    content = make(b"msisdn,name\n" + b"09351234567,somebody with a name\n" * 300_000)
    tracemalloc.start()
    try:
        with open_records(io.BytesIO(content)) as records:
            count = sum(1 for _ in records.rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 300_000
    assert peak < 6_000_000
