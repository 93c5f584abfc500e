"""Numbers for the tax system: one known by its parts, all others by their properties and by another maker's check."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import verhoeff

from domain.kernel.errors import InvalidInput
from domain.kernel.tax_numbers import has_verhoeff_digit, parse_tax_number, tax_number, verhoeff_digit

MEMORY = st.from_regex(r"[A-Z0-9]{6}", fullmatch=True)
DAY = st.dates(date(1970, 1, 1), date(2999, 12, 31))
SERIAL = st.integers(1, 10**12 - 1)
DIGITS = st.from_regex(r"[0-9]{1,40}", fullmatch=True)


def test_the_known_number() -> None:
    assert tax_number("A11216", date(2023, 1, 9), 1) == "A1121604BA600000000013"


@given(DIGITS)
def test_check_digits_are_verhoeff_s(digits: str) -> None:
    assert verhoeff_digit(digits) == verhoeff.calc_check_digit(digits)
    assert has_verhoeff_digit(digits) == verhoeff.is_valid(digits)


@given(MEMORY, DAY, SERIAL)
def test_a_number_has_22_characters_and_gives_its_parts_back(memory_id: str, day: date, serial: int) -> None:
    number = tax_number(memory_id, day, serial)

    assert len(number) == 22
    assert parse_tax_number(number.lower()) == (memory_id, day, serial)


@given(MEMORY, DAY, SERIAL, st.integers(1, 9))
def test_any_other_check_digit_is_refused(memory_id: str, day: date, serial: int, other: int) -> None:
    number = tax_number(memory_id, day, serial)

    with pytest.raises(InvalidInput):
        parse_tax_number(f"{number[:21]}{(int(number[21]) + other) % 10}")


@given(DIGITS, st.data())
def test_a_wrong_digit_and_two_neighbours_changed_round_are_found(digits: str, data: st.DataObject) -> None:
    whole = digits + verhoeff_digit(digits)
    place = data.draw(st.integers(0, len(whole) - 2))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != whole[place]))

    assert not has_verhoeff_digit(whole[:place] + other + whole[place + 1 :])
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert has_verhoeff_digit(swapped) == (swapped == whole)


@given(MEMORY, DAY, SERIAL, SERIAL, st.integers(0, 400))
def test_no_two_bills_of_a_memory_share_a_number(memory_id: str, day: date, one: int, other: int, later: int) -> None:
    assume(one != other or later)
    assume(day.year < 2998)

    assert tax_number(memory_id, day, one) != tax_number(memory_id, day + timedelta(days=later), other)


@pytest.mark.parametrize(
    ("memory_id", "day", "serial"),
    [
        ("A1121", date(2023, 1, 9), 1),
        ("a11216", date(2023, 1, 9), 1),
        ("A1121۶", date(2023, 1, 9), 1),
        ("A11216", date(1969, 12, 31), 1),
        ("A11216", date(2023, 1, 9), 0),
        ("A11216", date(2023, 1, 9), 10**12),
    ],
)
def test_what_fits_no_number_is_refused(memory_id: str, day: date, serial: int) -> None:
    with pytest.raises(InvalidInput):
        tax_number(memory_id, day, serial)


@pytest.mark.parametrize("text", ["", "A1121604BA60000000001", "A1121604BA600000000014", "A1121604BA600000000005", "A1121604BA6000000000133"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_tax_number(text)
