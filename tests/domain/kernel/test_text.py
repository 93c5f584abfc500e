"""Folding for search, digits and direction marks."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.kernel.text import digits_latin, digits_persian, fold, ltr


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("نیک‌آذین", "نيك آذين"),
        ("نیک‌آذین", "نیکاذین"),
        ("علي رضائي", "علی رضایی"),
        ("مؤسسهٔ کیمیا", "موسسه كيميا"),
        ("مُحَمَّد", "محمد"),
        ("پشتیبانی ۲۴", "پشتيبانی ٢٤"),
        ("ســـیمرغ", "سیمرغ"),
        ("ﻋﻠﯽ", "علی"),
        ("Ёлкин", "ЕЛКИН"),
        ("José Straße", "jose STRASSE"),
        ("\u20660935 000 0412\u2069", "۰۹۳۵۰۰۰۰۴۱۲"),
    ],
)
def test_spellings_of_one_word_have_one_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Андрей", "Андреи"), ("کار", "گار"), ("پارس", "بارس"), ("ЖК", "ЗК")])
def test_letters_of_their_own_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@example("A\u02d8")
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="آاأبپکكیيۀ ۱٢3aБй‌\u064b", max_size=8), st.text(alphabet="آاأبپکكیيۀ ۱٢3aБй‌\u064b", max_size=8))
def test_a_part_is_found_in_the_whole(one: str, other: str) -> None:
    assert fold(one) in fold(one + " " + other)


def test_digits_change_script_and_nothing_else() -> None:
    assert digits_latin("کد ۰۱۲۳۴۵۶۷۸۹ ٠١٢٣٤٥٦٧٨٩ x") == "کد 0123456789 0123456789 x"
    assert digits_persian("0123456789 ٤٥٦ x") == "۰۱۲۳۴۵۶۷۸۹ ۴۵۶ x"


def test_a_left_to_right_run_is_isolated() -> None:
    assert ltr("+98 935") == "\u2066+98 935\u2069"
