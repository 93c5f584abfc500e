"""Reads single cells as people and spreadsheets write them; what can't be meant raises `InvalidInput` with its reason."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from domain.imports.words import by_key, key
from domain.kernel import identifiers
from domain.kernel.calendar import FIRST_YEAR, LAST_YEAR, TEHRAN, JalaliDay, start_of
from domain.kernel.errors import InvalidInput
from domain.kernel.text import digits_latin

Word = TypeVar("Word", bound=StrEnum)

LONGEST_TEXT = 200
LONGEST_TAG = 40
MOST_TAGS = 20
LARGEST_AMOUNT = 10**15

_DIRECTION_MARKS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff\u00ad]")  # the half-space U+200C stays
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_FORMULA = re.compile(r'="(.*)"')  # how exports keep a spreadsheet from taking a number for one
_WRAPPERS = ("=", "'")
_EXCEL_FAULTS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,٫]\d*)?[eE]\+?\d+")
_WHOLE_WITH_FRACTION = re.compile(r"(\d+)[.,٫]0+")
_RIALS = re.compile(r"(ریال|rials?|irr)", re.IGNORECASE)
_TOMANS = re.compile(r"(تومان|toman)", re.IGNORECASE)
_GROUPED = re.compile(r"(\d+|\d{1,3}(?:[,٬\s']\d{3})+|\d{1,3}(?:\.\d{3}){2,})(?:[.,٫]0{1,2})?")
_MINUS = re.compile(r"^[-−–]|[-−–]$|^\(.*\)$")
_BETWEEN_TAGS = re.compile(r"[|,;،؛]")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_YEAR_LAST = re.compile(r"\d{1,2}[-/]\d{1,2}[-/]\d{4}.*")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
_TRUTHS = {key(word): is_true for is_true, words in ((True, "true yes 1 بله بلی"), (False, "false no 0 خیر نه")) for word in words.split()}
_FIRST_GREGORIAN, _LAST_GREGORIAN = 1950, 2199


def clean(raw: str) -> str:
    """A cell without what a spreadsheet or copying put around it; text keeps its half-spaces."""
    cell = bare(raw)
    if cell[:1] not in _WRAPPERS:
        return cell
    if formula := _FORMULA.fullmatch(cell):
        cell = formula[1].strip()
    return cell[1:].strip() if cell.startswith("'") else cell


def bare(raw: str) -> str:
    """A cell without direction marks and spaces around it."""
    return raw.strip() if raw.isascii() else _DIRECTION_MARKS.sub("", raw).strip()


def refuse_fault(cell: str) -> None:
    """Refuses what a spreadsheet shows instead of a value: a formula's error, or a column too narrow for its number."""
    if cell[:1] == "#" and (cell in _EXCEL_FAULTS or not cell.strip("#")):
        raise InvalidInput("import.spreadsheet_error")


def text(cell: str) -> str:
    """Words on one line, at most 200 characters."""
    if _CONTROL.search(cell):
        raise InvalidInput("import.control_character")
    words = " ".join(cell.split())
    if len(words) > LONGEST_TEXT:
        raise InvalidInput("import.too_long", most=LONGEST_TEXT)
    return words


def code(cell: str) -> str:
    """A code of letters and digits, which a spreadsheet may have taken for a number: `1204.0` is 1204."""
    return text(digits_latin(_number(cell)))


def msisdn(cell: str) -> str:
    """A mobile number in any spelling, a lost leading zero included."""
    return identifiers.parse_msisdn(_number(cell))


def iccid(cell: str) -> str:
    """A card's serial; one that a spreadsheet rounded to 15 digits is told apart from one mistyped."""
    digits = _number(cell)
    bare = "".join(letter for letter in digits_latin(digits) if letter.isdigit())
    if len(bare) in (19, 20) and bare.endswith("0000") and not identifiers.has_luhn_digit(bare):
        raise InvalidInput("import.rounded")
    return identifiers.parse_iccid(digits)


def imsi(cell: str) -> str:
    """A subscriber identity."""
    return identifiers.parse_imsi(_number(cell))


def imei(cell: str) -> str:
    """A device identity."""
    return identifiers.parse_imei(_number(cell))


def legal_id(cell: str) -> str:
    """A legal id; leading zeros that a spreadsheet dropped come back, as the check digit tells whether they fit."""
    digits = digits_latin(_number(cell))
    return identifiers.parse_legal_id(digits.zfill(11) if digits.isdigit() and 9 <= len(digits) < 11 else digits)


def economic_code(cell: str) -> str:
    """An economic code."""
    return identifiers.parse_economic_code(_number(cell))


def puk(cell: str) -> str:
    """Eight digits; fewer are never filled up, as ten wrong tries end the card."""
    digits = digits_latin(_number(cell)).replace(" ", "").replace("-", "")
    if not digits.isdigit() or len(digits) > 8:
        raise InvalidInput("import.puk")
    if len(digits) < 8:
        raise InvalidInput("import.puk_short")
    return digits


def rials(cell: str) -> int:
    """Whole rials, not negative, with any thousands marks; an amount in tomans is refused rather than guessed at."""
    number = digits_latin(cell)
    if _TOMANS.search(number):
        raise InvalidInput("import.toman")
    number = _RIALS.sub("", number).strip()
    if _SCIENTIFIC.fullmatch(number):
        raise InvalidInput("import.scientific")
    if _MINUS.search(number):
        raise InvalidInput("import.negative")
    match = _GROUPED.fullmatch(number)
    amount = int("".join(digit for digit in match[1] if digit.isdigit())) if match else LARGEST_AMOUNT + 1
    if amount > LARGEST_AMOUNT:
        raise InvalidInput("import.amount")
    return amount


def whole(cell: str) -> int:
    """A whole number, not negative, with any thousands marks."""
    number = digits_latin(cell)
    if _SCIENTIFIC.fullmatch(number):
        raise InvalidInput("import.scientific")
    match = _GROUPED.fullmatch(number)
    amount = int("".join(digit for digit in match[1] if digit.isdigit())) if match else LARGEST_AMOUNT + 1
    if amount > LARGEST_AMOUNT:
        raise InvalidInput("import.whole")
    return amount


def truth(cell: str) -> bool:
    """Yes or no."""
    if (meaning := _TRUTHS.get(key(cell))) is None:
        raise InvalidInput("import.word", words="TRUE, FALSE")
    return meaning


def tags(cell: str) -> tuple[str, ...]:
    """Labels apart by `|`, a comma or a semicolon; by `|` alone where one stands first."""
    parts = text(cell).split("|") if cell.startswith("|") else _BETWEEN_TAGS.split(text(cell))
    found = tuple(dict.fromkeys(tag for part in parts if (tag := part.strip())))
    if len(found) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in found):
        raise InvalidInput("import.tags", most=MOST_TAGS, longest=LONGEST_TAG)
    return found


def begin(cell: str) -> datetime:
    """An instant, or the first one of a day in Tehran; years 1300–1479 are Jalali."""
    day, at = _day_and_time(cell)
    return start_of(day) if at is None else datetime.combine(day, at, at.tzinfo or TEHRAN).astimezone(UTC)


def end(cell: str) -> datetime:
    """An instant, or the first one after a day in Tehran: a card valid until a day still works on it."""
    day, at = _day_and_time(cell)
    return start_of(day + timedelta(days=1)) if at is None else datetime.combine(day, at, at.tzinfo or TEHRAN).astimezone(UTC)


def word(words: Mapping[Word, tuple[str, ...]]) -> Callable[[str], Word]:
    """One of these words in Persian or English."""
    meanings = by_key(words)

    def parse(cell: str) -> Word:
        if (meaning := meanings.get(key(cell))) is None:
            raise InvalidInput("import.word", words=", ".join(words))
        return meaning

    return parse


def _number(cell: str) -> str:
    """A number kept as text; one that a spreadsheet shortened to 9.89E+11 has lost digits and is refused."""
    if cell.isascii() and cell.isdigit():
        return cell
    if _SCIENTIFIC.fullmatch(digits_latin(cell)):
        raise InvalidInput("import.scientific")
    fraction = _WHOLE_WITH_FRACTION.fullmatch(digits_latin(cell))
    return fraction[1] if fraction else cell


def _day_and_time(cell: str) -> tuple[date, time | None]:
    written = digits_latin(cell)
    if _YEAR_LAST.fullmatch(written):
        raise InvalidInput("import.date_order")
    day, _, rest = written.replace("T", " ", 1).partition(" ")
    try:
        if match := _YEAR_FIRST.fullmatch(day):
            year, month, number = int(match[1]), int(match[2]), int(match[3])
        elif match := _DAY_FIRST.fullmatch(day):
            year, month, number = int(match[3]), int(match[2]), int(match[1])
        else:
            raise InvalidInput("import.date")
        if FIRST_YEAR <= year <= LAST_YEAR:
            found = JalaliDay(year, month, number).gregorian
        elif _FIRST_GREGORIAN <= year <= _LAST_GREGORIAN:
            found = date(year, month, number)
        else:
            raise InvalidInput("import.date")
        return found, _time(rest.strip())
    except ValueError:
        raise InvalidInput("import.date") from None


def _time(written: str) -> time | None:
    if not written:
        return None
    if match := _TIME.fullmatch(written):
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    return time.fromisoformat(written)  # with an offset, as machines write it
