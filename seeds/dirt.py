"""Files of SIM cards as customers send them: clean ones of any length, and dirty ones with every kind of fault that was ever met.

The same seed number gives the same file, and for a dirty one the same list of what has to be refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from domain.files.writing import ExportFormat, text_of, workbook
from domain.imports.columns import SIMS
from domain.kernel.identifiers import legal_id_check_digit
from seeds.companies import Company
from seeds.dice import Dice
from seeds.fleet import sims

Row = dict[str, str]
TITLES = tuple(column.name for column in SIMS)
NOBODY = "1010017777" + legal_id_check_digit("1010017777")
"""A legal id that is right and nobody's."""


@dataclass(frozen=True, slots=True)
class Dirt:
    """A kind of fault: what it does to a row (`first` is the first row of the file), and which column is refused why."""

    column: str
    reason: str
    spoil: Callable[[Row, Row, Random], None]


def _put(column: str, value: str) -> Callable[[Row, Row, Random], None]:
    def spoil(row: Row, _: Row, __: Random) -> None:
        row[column] = value

    return spoil


def _change(column: str, change: Callable[[str], str], **others: str) -> Callable[[Row, Row, Random], None]:
    def spoil(row: Row, _: Row, __: Random) -> None:
        row |= {column: change(row[column]), **others}

    return spoil


def _repeat(column: str) -> Callable[[Row, Row, Random], None]:
    def spoil(row: Row, first: Row, _: Random) -> None:
        row[column] = first[column]

    return spoil


def _off_by_one(digits: str) -> str:
    return f"{digits[:-1]}{(int(digits[-1]) + 1) % 10}"


FAULTS: Mapping[str, Dirt] = {
    "number as 9.89E+11": Dirt("msisdn", "import.scientific", _put("msisdn", "9.89351E+11")),
    "number too short": Dirt("msisdn", "error.msisdn", _change("msisdn", lambda number: number[:-2])),
    "number of letters": Dirt("msisdn", "error.msisdn", _put("msisdn", "ندارد")),
    "number of an earlier row": Dirt("msisdn", "import.duplicate", _repeat("msisdn")),
    "no number on an active card": Dirt("msisdn", "import.number_needed", _put("msisdn", "")),
    "serial as 8.99835E+18": Dirt("iccid", "import.scientific", _put("iccid", "8.99835E+18")),
    "serial rounded to zeros": Dirt("iccid", "import.rounded", _put("iccid", "8998350000012340000")),
    "serial with a wrong check digit": Dirt("iccid", "error.iccid", _change("iccid", _off_by_one)),
    "serial of an earlier row": Dirt("iccid", "import.duplicate", _repeat("iccid")),
    "no serial": Dirt("iccid", "import.required", _put("iccid", "")),
    "subscriber identity too short": Dirt("imsi", "error.imsi", _change("imsi", lambda imsi: imsi[1:])),
    "subscriber identity of an earlier row": Dirt("imsi", "import.duplicate", _repeat("imsi")),
    "a formula's error": Dirt("imsi", "import.spreadsheet_error", _put("imsi", "#N/A")),
    "a column too narrow": Dirt("iccid", "import.spreadsheet_error", _put("iccid", "########")),
    "device with a wrong check digit": Dirt("imei", "error.imei", _change("imei", _off_by_one)),
    "no legal id": Dirt("organization_legal_id", "import.required", _put("organization_legal_id", "")),
    "legal id with a wrong check digit": Dirt("organization_legal_id", "error.legal_id", _change("organization_legal_id", _off_by_one)),
    "legal id of nobody": Dirt("organization_legal_id", "import.unknown_organization", _put("organization_legal_id", NOBODY)),
    "account that isn't there": Dirt("account_number", "import.unknown_account", _put("account_number", "999999")),
    "state of no meaning": Dirt("status", "import.word", _put("status", "خوب")),
    "payment mode of no meaning": Dirt("payment_mode", "import.word", _put("payment_mode", "cash")),
    "day and month mixed up": Dirt("activated_at", "import.date_order", _put("activated_at", "07/10/2025")),
    "a day that isn't there": Dirt("activated_at", "import.date", _put("activated_at", "1403/12/31")),
    "activated in the future": Dirt("activated_at", "import.future", _put("activated_at", "1479/01/01")),
    "an amount in tomans": Dirt("credit_limit", "import.toman", _put("credit_limit", "۵۰۰٬۰۰۰ تومان")),
    "a negative amount": Dirt("credit_limit", "import.negative", _put("credit_limit", "-5000")),
    "an amount of letters": Dirt("credit_limit", "import.amount", _put("credit_limit", "نامحدود")),
    "a plan that isn't there": Dirt("plan_code", "import.unknown_plan", _put("plan_code", "PLAN-NOWHERE")),
    "a PUK that lost its zeros": Dirt("puk1", "import.puk_short", _put("puk1", "12345")),
    "one PUK of two": Dirt("puk2", "import.puk_pair", _put("puk2", "")),
    "a control character": Dirt("holder_name", "import.control_character", _put("holder_name", "نیما\x07")),
    "a name without end": Dirt("holder_name", "import.too_long", _put("holder_name", "نیما " * 60)),
    "too many labels": Dirt("tags", "import.tags", _put("tags", "|".join(f"t{n}" for n in range(21)))),
    "a bar on an active card": Dirt("barring", "import.barring", _put("barring", "ALL")),
}
"""Faults by what people would call them; each on a postpaid active card brings one reject."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A row that has to be refused: the line that it stands on, the column, the reason."""

    line: int
    column: str
    reason: str


def clean(dice: Dice, company: Company, count: int, *, at: datetime) -> Iterator[Row]:
    """So many rows without a fault."""
    for row in sims(dice, [(company, count)], at):
        yield {title: str(row.get(title, "")) for title in TITLES}


def dirty(dice: Dice, company: Company, count: int, *, at: datetime) -> tuple[list[Row], list[Expected]]:
    """So many rows of which every tenth or so has a fault, each kind in turn, and what has to be refused; line 1 is the header."""
    draw, rows, expected = dice.stream("dirt"), list(clean(dice, company, count, at=at)), []
    kinds, turn = list(FAULTS.values()), 0
    for place, row in enumerate(rows):
        is_plain = row["status"] == "ACTIVE" and row["msisdn"] and row["payment_mode"] == "POSTPAID" and row["puk1"]
        if place and is_plain and (draw.random() < 0.1 or (turn < len(kinds) and place > count // 4)):
            kind = kinds[turn % len(kinds)]
            kind.spoil(row, rows[0], draw)
            expected.append(Expected(place + 2, kind.column, kind.reason))
            turn += 1
    return rows, expected


def write(path: Path, rows: Iterator[Row] | Sequence[Row], format: ExportFormat = ExportFormat.CSV) -> None:
    """Writes rows as customers' programs do: texts as they are, nothing put before a formula."""
    with path.open("wb") as file:
        if format is ExportFormat.XLSX:
            with workbook(file, TITLES) as add:
                for row in rows:
                    add([list(row.values())])
            return
        for number, row in enumerate(rows):
            file.write(text_of(format, TITLES, [list(row.values())], is_first=number == 0))
