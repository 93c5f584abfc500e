"""What an import came to: rows made, rows already there, rows rejected and why."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from domain.imports.columns import Column
from domain.imports.reading import Line, Sheet
from domain.kernel.errors import DomainError
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.plan import Reason

MASK = "••••••••"
HEADER = ("line", "column", "value", "reason")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that can't be imported: where in the file (`column` is the header as it stands there), which value (masked if secret), why."""

    line: int
    column: str
    value: str
    reason: Reason

    def words(self, locale: Locale) -> str:
        """Why, for people."""
        return text(self.reason.message_key, locale, **self.reason.params)


@dataclass
class Report:
    """The outcome so far; `made` counts what was written, or would have been, by organization."""

    headers: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    rows: int = 0
    present: int = 0
    made: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    is_written: bool = False

    @property
    def made_count(self) -> int:
        """How many were made in all organizations together."""
        return sum(self.made.values())

    def opened(self, sheet: Sheet) -> None:
        """Keeps what is to be told about the file as a whole."""
        self.headers, self.ignored = dict(sheet.headers), tuple(sheet.ignored)

    def reject(self, line: Line, column: Column | str | None, error: DomainError) -> None:
        """Records why a row can't be imported, at a column or as a whole."""
        name = column.name if isinstance(column, Column) else column or ""
        value = line.cells.get(name, "")
        is_secret = isinstance(column, Column) and column.is_secret
        self.rejects.append(Reject(line.number, self.headers.get(name, name), MASK if value and is_secret else value, Reason.of(error)))


def write_rejects(path: Path, rejects: Iterable[Reject], locale: Locale) -> None:
    """Writes the rejects as a CSV file that spreadsheets open as it is meant: nothing in it is taken for a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for reject in sorted(rejects, key=lambda reject: reject.line):
            writer.writerow([reject.line, *map(_inert, (reject.column, reject.value, reject.words(locale)))])


def _inert(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not cell[1:].isdigit()) else cell
