"""The app's words in one language, read from the data files in mobile/texts."""

import json
import pathlib
from functools import cache
from typing import Any

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "texts"
LANGUAGES = ("fa", "en", "ru", "bg")
LANGUAGE_NAMES = {"fa": "فارسی", "en": "English", "ru": "Русский", "bg": "Български"}


@cache
def entries(language: str) -> dict[str, Any]:
    """Every entry of a language: a sentence, plural forms by category, or a list of names."""
    found: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


def plural_category(language: str, number: int) -> str:
    """The CLDR category of a whole number in one of the four languages."""
    if language == "ru":
        if number % 10 == 1 and number % 100 != 11:
            return "one"
        if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14:
            return "few"
        return "many"
    if language == "fa":
        return "other"
    return "one" if number == 1 else "other"


def text(language: str, key: str, number: int | None = None, /, **values: str) -> str:
    """The sentence of that key, its plural form chosen by `number`; values fill its {places}."""
    entry = entries(language)[key]
    if isinstance(entry, dict):
        entry = entry[plural_category(language, number or 0)]
    return str(entry.format(**values)) if values else str(entry)
