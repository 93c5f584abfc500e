"""Help articles and links, from the files beside this module, read once; the same for everybody, in four languages."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.kernel.errors import InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.paging import Page, Window, cursor_of, key_of
from domain.kernel.text import fold, search_key

IDS = UUID("6f1c1f0e-9a43-5b0c-8a55-0c3f4f0b7a11")
"""Under which the ids of articles are made, so that each keeps its id from release to release."""
ORDER = "helpArticles"


class HelpArticleRow(msgspec.Struct, frozen=True):
    """An article in one language; `body` is Markdown of paragraphs and lists alone."""

    id: UUID
    title: str
    body: str
    category: str


class LinkRow(msgspec.Struct, frozen=True):
    """A link in one language."""

    label: str
    url: str
    icon: str


class _Kept(msgspec.Struct, frozen=True):
    """An article with what a search looks through."""

    row: HelpArticleRow
    title: str
    all: str


def _read(*path: str) -> Any:
    return tomllib.loads(files("domain.content").joinpath(*path).read_text(encoding="utf-8"))


@cache
def _shelves() -> Mapping[Locale, Sequence[_Kept]]:
    """All articles in the order of the shelves; one that lacks a language is a `KeyError` (a bug)."""
    found: dict[Locale, list[_Kept]] = {locale: [] for locale in Locale}
    for shelf in _read("shelves.toml")["shelf"]:
        for name in shelf["articles"]:
            words = _read("articles", f"{name}.toml")
            for locale, kept in found.items():
                kept.append(_article(name, words[locale.tag], shelf[locale.tag], locale))
    return found


def _article(name: str, words: Mapping[str, str], shelf: str, locale: Locale) -> _Kept:
    title, body = words["title"], words["body"].strip()
    row = HelpArticleRow(uuid5(IDS, f"{name}.{locale.tag}"), title, body, shelf)
    return _Kept(row, fold(title), fold(f"{title} {body} {shelf}"))


@cache
def _by_id() -> Mapping[UUID, HelpArticleRow]:
    return {kept.row.id: kept.row for shelves in _shelves().values() for kept in shelves}


@cache
def links(locale: Locale) -> Sequence[LinkRow]:
    """Links to show, in order."""
    return [LinkRow(link[locale.tag], link["url"], link["icon"]) for link in _read("links.toml")["link"]]


def articles_by_ids(ids: Sequence[UUID]) -> list[HelpArticleRow | None]:
    """Articles in the order asked, null for what is none."""
    return [_by_id().get(id) for id in ids]


def articles_count(locale: Locale, search: str | None = None) -> int:
    """How many articles have all words of a search."""
    return len(_found(locale, search))


def articles_page(locale: Locale, window: Window, search: str | None = None) -> Page[HelpArticleRow]:
    """One window of the articles that have all words of a search, those first that have them in their title."""
    found = _found(locale, search)
    places = [key for key, _ in found]
    begins, ends = 0, len(found)
    if window.cursor is not None:
        key = _key(window)
        begins, ends = (0, sum(place < key for place in places)) if window.is_backward else (sum(place <= key for place in places), ends)
    if window.is_backward:
        begins = max(begins, ends - window.count)
    else:
        ends = min(ends, begins + window.count)
    rows = found[begins:ends]
    return Page([row for _, row in rows], [cursor_of(ORDER, key) for key, _ in rows], ends < len(found), begins > 0)


def _found(locale: Locale, search: str | None) -> list[tuple[tuple[int, int], HelpArticleRow]]:
    """Articles by how well they fit, then by their place."""
    search_key(search or "")
    words = [fold(word) for word in (search or "").split()]
    kept = ((place, one) for place, one in enumerate(_shelves()[locale]) if all(word in one.all for word in words))
    ranked = (((0 if all(word in one.title for word in words) else 1, place), one.row) for place, one in kept)
    return sorted(ranked, key=itemgetter(0))


def _key(window: Window) -> tuple[int, int]:
    field = "before" if window.is_backward else "after"
    match key_of(ORDER, window.cursor or "", field):
        case (int(rank), int(place)):
            return rank, place
        case _:
            raise InvalidInput("error.cursor", field=(field,))
