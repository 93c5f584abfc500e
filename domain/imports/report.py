"""What an import came to: rows made, rows already there, rows rejected and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from domain.files.records import open_records
from domain.files.writing import ExportFormat, text_of
from domain.imports.cells import clean
from domain.imports.columns import Column, by_header
from domain.imports.reading import Line, Sheet, Source
from domain.imports.words import key
from domain.kernel.errors import DomainError, InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.plan import Reason

MASK = "••••••••"
MOST_FAULTS = 100_000


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
        """Records why a row can't be imported, at a column or as a whole; too many faults leave the file out: `InvalidInput`."""
        if len(self.rejects) >= MOST_FAULTS:
            raise InvalidInput("import.too_many_faults", most=MOST_FAULTS)
        name = column.name if isinstance(column, Column) else column or ""
        value = line.cells.get(name, "")
        is_secret = isinstance(column, Column) and column.is_secret
        self.rejects.append(Reject(line.number, self.headers.get(name, name), MASK if value and is_secret else value, Reason.of(error)))


def write_rejects(
    target: BinaryIO, source: Source, columns: Sequence[Column], reasons: Mapping[int, Sequence[tuple[str, Reason]]], locale: Locale
) -> None:
    """Writes the rows that were left out as a CSV file in the file's own columns, with the line and the reasons (column, why) behind.

    Mended, it can be imported as it is: the two columns are unknown there. Secrets are masked, and nothing is taken for a formula.
    """
    known = by_header(columns)
    with open_records(source) as records:
        secret = {place for place, title in enumerate(records.titles) if (one := known.get(key(clean(title)))) and one.is_secret}
        titles = [*records.titles, text("import.rejects_line", locale), text("import.rejects_reason", locale)]
        target.write(text_of(ExportFormat.CSV, titles, (), is_first=True))
        for number, cells in records.rows:
            if (faults := reasons.get(number)) is not None:
                bare = [MASK if cell and place in secret else clean(cell) for place, cell in enumerate(cells)]
                bare += [""] * (len(records.titles) - len(bare))
                told = "; ".join(f"{name}: {text(why.message_key, locale, **why.params)}".removeprefix(": ") for name, why in faults)
                target.write(text_of(ExportFormat.CSV, titles, [[*bare[: len(records.titles)], number, told]], is_first=False))


def by_line(rejects: Iterable[Reject]) -> dict[int, list[tuple[str, Reason]]]:
    """Faults by their lines: the column as it is called there, and why."""
    found: dict[int, list[tuple[str, Reason]]] = {}
    for reject in rejects:
        found.setdefault(reject.line, []).append((reject.column, reject.reason))
    return found
