"""Every sentence for people, in four languages: `text("otp.mail.subject", Locale.FA, code="…")`.

The words stand beside this file, one TOML table a sentence with its four languages next to each other; the file's name opens the key:
`[mail.subject]` in `otp.toml` is `otp.mail.subject`. Where a language changes words with a count, it has a table of plural forms
(CLDR: one, few, many, other) instead of a text, chosen by the parameter `count`. Placeholders are `{name}`: whole numbers, decimals,
money and days are written as the language writes them, text goes in as it is.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import babel

from domain.kernel import locale as written
from domain.kernel.calendar import JalaliMonth
from domain.kernel.locale import Locale
from domain.kernel.money import Money

Words = str | Mapping[str, str]


def text(key: str, locale: Locale, /, **params: object) -> str:
    """The sentence of a key with its parameters; an unknown key or a missing parameter is a `LookupError` (a bug)."""
    words = catalogue()[key][locale]
    if not isinstance(words, str):
        count = params["count"]
        if not isinstance(count, int):
            raise LookupError(f"{key} needs a whole number as count")
        words = words[babel.Locale.parse(locale.tag).plural_form(count)]
    return words.strip("\n").format_map({name: _written(value, locale) for name, value in params.items()})


@cache
def catalogue() -> Mapping[str, Mapping[Locale, Words]]:
    """All sentences by key and language, read once."""
    return {
        f"{file.name.removesuffix('.toml')}.{key}": sentence
        for file in sorted(files(__name__).iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
        for key, sentence in _sentences(tomllib.loads(file.read_text(encoding="utf-8")))
    }


def placeholders(words: str) -> set[str]:
    """The names between braces in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def _sentences(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Mapping[Locale, Words]]]:
    """Finds the sentences in a file: the tables whose names are languages."""
    if table and all(name.upper() in Locale.__members__ for name in table):
        yield ".".join(path), {Locale[name.upper()]: words for name, words in table.items()}
        return
    for name, inner in table.items():
        if not isinstance(inner, dict):
            raise ValueError(f"{'.'.join((*path, name))} is neither a language nor a table")
        yield from _sentences(inner, (*path, name))


def _written(value: object, locale: Locale) -> str:
    match value:
        case bool():
            raise TypeError("a yes or no is not a word")
        case int() | Decimal():
            return written.number(value, locale)
        case Money():
            return written.money(value, locale)
        case datetime():
            return written.day_and_time(value, locale)
        case date():
            return written.day(value, locale)
        case JalaliMonth():
            return written.month(value, locale)
        case _:
            return str(value)
