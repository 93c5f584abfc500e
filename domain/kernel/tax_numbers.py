"""The number under which a bill is known to the tax system: 22 characters with a Verhoeff digit (FEATURES 3.2)."""

import re
from datetime import date, timedelta
from typing import Final

from domain.kernel.errors import InvalidInput

_EPOCH: Final = date(1970, 1, 1)
_MOST_SERIAL: Final = 10**12 - 1
"""The serial takes part in the check digit with twelve decimals."""
_MEMORY_ID = re.compile(r"[A-Z0-9]{6}")
_NUMBER = re.compile(r"([A-Z0-9]{6})([0-9A-F]{5})([0-9A-F]{10})([0-9])")
_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Verhoeff's permutation of digits; a digit passes it once for each place from the right."""


def _turned(times: int) -> tuple[int, ...]:
    places = tuple(range(10))
    for _ in range(times):
        places = tuple(_TURN[digit] for digit in places)
    return places


_TURNS = tuple(_turned(times) for times in range(8))


def _combined(left: int, right: int) -> int:
    """Left after right in the symmetries of a pentagon: 0–4 are turns, 5–9 reflections."""
    if left < 5:
        return (left + right) % 5 + (5 if right >= 5 else 0)
    return (left - right) % 5 + (0 if right >= 5 else 5)


def _walked(digits: str, first_place: int) -> int:
    state = 0
    for place, digit in enumerate(reversed(digits), first_place):
        state = _combined(state, _TURNS[place % 8][int(digit)])
    return state


def verhoeff_digit(digits: str) -> str:
    """The check digit that belongs behind these Latin digits."""
    state = _walked(digits, 1)
    return str(-state % 5 if state < 5 else state)


def has_verhoeff_digit(digits: str) -> bool:
    """Whether the last of these Latin digits is their Verhoeff digit."""
    return _walked(digits, 0) == 0


def is_memory_id(text: str) -> bool:
    """Whether a seller's fiscal memory can have this id: six Latin capitals and digits."""
    return _MEMORY_ID.fullmatch(text) is not None


def tax_number(memory_id: str, day: date, serial: int) -> str:
    """The number of one bill: the seller's memory id, the day of issue and a serial that the memory gives out once (1 to 10¹² − 1).

    Raises `InvalidInput` for a memory id, a day before 1970 or a serial that doesn't fit.
    """
    days = (day - _EPOCH).days
    if not is_memory_id(memory_id) or days < 0 or not 1 <= serial <= _MOST_SERIAL:
        raise InvalidInput("error.tax_number")
    return f"{memory_id}{days:05X}{serial:010X}{verhoeff_digit(_checked(memory_id, days, serial))}"


def parse_tax_number(text: str) -> tuple[str, date, int]:
    """Reads a number of the tax system: memory id, day and serial; raises `InvalidInput` when it is none or its check digit is wrong."""
    found = _NUMBER.fullmatch(text.strip().upper())
    if found is None:
        raise InvalidInput("error.tax_number")
    memory_id, days, serial = found[1], int(found[2], 16), int(found[3], 16)
    if not 1 <= serial <= _MOST_SERIAL or not has_verhoeff_digit(_checked(memory_id, days, serial) + found[4]):
        raise InvalidInput("error.tax_number")
    return memory_id, _EPOCH + timedelta(days=days), serial


def _checked(memory_id: str, days: int, serial: int) -> str:
    """The digits under the check digit: letters by their ASCII codes, numbers in decimals of a fixed width."""
    codes = "".join(sign if sign.isdigit() else str(ord(sign)) for sign in memory_id)
    return f"{codes}{days:06}{serial:012}"
