"""The four languages say the same things with the same places."""

import pathlib
import re
from fnmatch import fnmatchcase

import pytest

from mobile.state.texts import LANGUAGES, entries, plural_category, text

PLURALS = {"fa": {"other"}, "en": {"one", "other"}, "ru": {"one", "few", "many"}, "bg": {"one", "other"}}
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "mobile"
PLACE = re.compile(r"{(\w+)}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_keys_kinds_and_places(language: str) -> None:
    persian, other = entries("fa"), entries(language)

    assert list(other) == list(persian)
    for key, entry in other.items():
        assert type(entry) is type(persian[key]), key
        if isinstance(entry, dict):
            assert entry.keys() == PLURALS[language], key
        if isinstance(entry, list):
            assert len(entry) == len(persian[key]) and all(entry), key
            continue
        forms = list(entry.values()) if isinstance(entry, dict) else [entry]
        expected = set(PLACE.findall(persian[key]["other"] if isinstance(persian[key], dict) else persian[key]))
        assert all(form for form in forms), key
        assert all(set(PLACE.findall(form)) == expected for form in forms), key


def test_every_key_in_the_code_exists_and_every_key_is_used() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES.rglob("*.py"))
    literals = set(re.findall(r'"([a-z_]+\.[\w.]+)"', code))
    literals |= set(re.findall(r"'([a-z_]+\.[\w.]+)'", code))
    asked = set(re.findall(r'\b(?:say|self|names)\(\s*"([a-z_]+\.[\w.]+)"', code))
    patterns = re.findall(r"""f["']([a-z_]+\.(?:[\w.]|{[^}]*})*)["']""", code)
    built = {re.sub(r"{[^}]*}", "*", pattern) for pattern in patterns} | set(re.findall(r"""["']([a-z_]+\.)["'] \+""", code))
    built = {pattern if "*" in pattern else f"{pattern}*" for pattern in built}
    keys = set(entries("en"))

    assert asked - keys == set()
    assert {key for key in keys - literals if not any(fnmatchcase(key, pattern) for pattern in built)} == set()


@pytest.mark.parametrize(
    ("number", "category"), [(1, "one"), (21, "one"), (11, "many"), (2, "few"), (24, "few"), (12, "many"), (5, "many"), (0, "many")]
)
def test_russian_counts(number: int, category: str) -> None:
    assert plural_category("ru", number) == category


def test_values_fill_places() -> None:
    assert text("en", "otp.tries", 1, n="1") == "1 attempt"
    assert text("bg", "otp.tries", 5, n="5") == "5 опита"
