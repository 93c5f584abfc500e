"""The catalogue of sentences is whole in all four languages."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import babel
import pytest

from domain.kernel import errors, identifiers
from domain.kernel import messages as package
from domain.kernel.locale import Locale
from domain.kernel.messages import Words, catalogue, placeholders, text
from domain.kernel.money import Money

FA, EN, RU, BG = Locale


def variants(words: Words) -> list[str]:
    return [words] if isinstance(words, str) else list(words.values())


@pytest.mark.parametrize("key", catalogue())
def test_a_sentence_stands_in_four_languages_with_the_same_placeholders(key: str) -> None:
    sentence = catalogue()[key]

    assert set(sentence) == set(Locale)
    assert len({frozenset(placeholders(form)) for words in sentence.values() for form in variants(words)}) == 1
    for locale, words in sentence.items():
        assert all(form.strip() and "  " not in form for form in variants(words)), locale
        assert all(name.isidentifier() for form in variants(words) for name in placeholders(form))


@pytest.mark.parametrize(
    "key", [key for key, sentence in catalogue().items() if any(not isinstance(words, str) for words in sentence.values())]
)
def test_a_counting_sentence_has_every_plural_form_of_its_language(key: str) -> None:
    for locale, words in catalogue()[key].items():
        if not isinstance(words, str):
            assert set(words) == set(babel.Locale.parse(locale.tag).plural_form.tags) | {"other"}, locale
            assert "count" in placeholders(words["other"])


@pytest.mark.parametrize("locale", [FA, RU, BG])
def test_no_sentence_was_left_untranslated(locale: Locale) -> None:
    same = [key for key, sentence in catalogue().items() if sentence[locale] == sentence[EN]]

    assert same == []


def test_every_file_is_read() -> None:
    names = {file.name.removesuffix(".toml") for file in files(package).iterdir() if file.name.endswith(".toml")}

    assert {key.partition(".")[0] for key in catalogue()} == names


def test_every_failure_of_the_kernel_has_its_words() -> None:
    failures = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DomainError)]
    keys = {kind.default_key for kind in failures if kind is not errors.DomainError}
    keys |= {kind.message_key for kind in errors.AccessError.__subclasses__()}
    keys |= {f"error.{name.removeprefix('parse_')}" for name in vars(identifiers) if name.startswith("parse_")}

    assert keys - catalogue().keys() == set()


def keys_in(tree: ast.AST) -> Iterator[str]:
    """The message keys that code names: given to `text` or to a failure, or kept by a failure's class."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(key)), *_]) if name == "text" or name in FAILURES:
                yield key
            case ast.Assign(targets=[ast.Name(id="default_key" | "message_key")], value=ast.Constant(value=str(key))):
                yield key


FAILURES = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
SERVER = ("api", "schema", "gateways", "auth", "domain", "seeds")  # the store lies below the catalogue
ROOT = Path(__file__).parents[3]


def test_every_key_that_the_server_names_has_its_words() -> None:
    modules = [file for package in SERVER for file in (ROOT / package).rglob("*.py")]
    named = {key: file.name for file in modules for key in keys_in(ast.parse(file.read_text(encoding="utf-8")))}

    assert len(named) > 20
    assert {key: file for key, file in named.items() if key not in catalogue()} == {}


def test_counts_choose_their_form() -> None:
    assert [text("receipt.sims", RU, count=count) for count in (1, 3, 5, 21)] == [
        "1 SIM-карту",
        "3 SIM-карты",
        "5 SIM-карт",
        "21 SIM-карту",
    ]
    assert text("receipt.sims", FA, count=1200) == "۱٬۲۰۰ سیم‌کارت"
    assert text("receipt.sims", BG, count=1) == "1 SIM карта"


def test_parameters_are_written_as_the_language_writes_them() -> None:
    at = datetime(2026, 11, 9, 6, 56, tzinfo=UTC)
    values = {"number": "R-1405-004182", "sims": "x", "account": "{total}", "total": Money(13_750_000), "at": at}

    assert "13,750,000\u00a0IRR" in text("receipt.mail.text", EN, **values)
    assert "۱۸ آبان ۱۴۰۵، ۱۰:۲۶" in text("receipt.mail.text", FA, **values)
    assert "«{total}»" in text("receipt.mail.text", FA, **values)
    assert text("receipt.total_vat", BG, rate=Decimal("9.5")) == "ДДС (9,5)"


def test_a_missing_key_or_parameter_is_a_bug() -> None:
    with pytest.raises(LookupError):
        text("error.nonsense", EN)
    with pytest.raises(LookupError):
        text("otp.sms", EN, code="123456")
    with pytest.raises(LookupError):
        text("receipt.sims", EN)
