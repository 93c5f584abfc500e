"""Articles and links: complete in four languages, paged without gaps, found by words however they are typed."""

import re
from importlib.resources import files
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content import library
from domain.content.library import articles_by_ids, articles_count, articles_page, links
from domain.kernel.errors import InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.paging import Window, cursor_of

LETTERS = {Locale.FA: re.compile("[آ-ی]"), Locale.EN: re.compile("[a-z]"), Locale.RU: re.compile("[а-яыэё]"), Locale.BG: re.compile("[а-я]")}
LINE = re.compile(r"(- |[0-9]+\. )?[^-*#>`\[|].*")
"""What the app shows of Markdown: paragraphs and lists."""


@pytest.mark.parametrize("locale", Locale)
def test_every_article_is_there_in_every_language(locale: Locale) -> None:
    rows = articles_page(locale, Window(100)).rows
    written = [file.name for file in files("domain.content").joinpath("articles").iterdir()]

    assert len(rows) == len(written) == articles_count(locale) >= 12
    assert len({row.id for row in rows}) == len({row.title for row in rows}) == len(rows)
    for row in rows:
        assert LETTERS[locale].search(row.title) and LETTERS[locale].search(row.body) and LETTERS[locale].search(row.category)
        assert all(LINE.fullmatch(line) for line in row.body.splitlines() if line), row.body
        assert locale is Locale.FA or not LETTERS[Locale.FA].search(row.title + row.body)


def test_languages_say_the_same_in_as_many_steps() -> None:
    def shape(locale: Locale) -> list[list[str]]:
        return [[line[:2] if line[:1] in "-123456789" else "" for line in row.body.splitlines()] for row in articles_page(locale, Window(100)).rows]

    assert shape(Locale.FA) == shape(Locale.EN) == shape(Locale.RU) == shape(Locale.BG)


@pytest.mark.parametrize("locale", Locale)
def test_links_have_words_and_addresses(locale: Locale) -> None:
    assert 1 <= len(links(locale)) <= 30
    assert all(link.label and link.icon and link.url.startswith("https://") for link in links(locale))


@pytest.mark.parametrize(
    ("locale", "search", "title"),
    [
        (Locale.FA, "گذرواژه فراموش", "گذرواژه‌ام را فراموش کرده‌ام"),
        (Locale.FA, "سيم كارت گم", "سیم‌کارتی گم شده؛ چگونه مسدودش کنم؟"),  # Arabic letters, a space for a half-space
        (Locale.FA, "60 ثانیه", "کد PUK را از کجا بیاورم؟"),
        (Locale.FA, "puk", "کد PUK را از کجا بیاورم؟"),
        (Locale.EN, "FORGOT password", "I forgot my password"),
        (Locale.RU, "забыл", "Я забыл пароль"),
        (Locale.BG, "разписка", "Къде е разписката за покупка?"),
    ],
)
def test_words_are_found_however_they_are_typed(locale: Locale, search: str, title: str) -> None:
    assert articles_page(locale, Window(5), search).rows[0].title == title


def test_what_nobody_wrote_is_not_found_and_too_much_is_refused() -> None:
    assert articles_page(Locale.EN, Window(5), "zebra crossing").rows == [] and articles_count(Locale.EN, "zebra") == 0
    with pytest.raises(InvalidInput):
        articles_page(Locale.EN, Window(5), "a " * 101)


@given(st.sampled_from(list(Locale)), st.integers(1, 20), st.sampled_from([None, "", "SIM", "code", "کد", "a"]), st.booleans())
def test_pages_follow_each_other_without_gaps(locale: Locale, size: int, search: str | None, is_backward: bool) -> None:
    whole = list(articles_page(locale, Window(100), search).rows)
    read, cursor = [], None
    for _ in range(len(whole) + 1):
        page = articles_page(locale, Window(size, cursor, is_backward), search)
        read = [*page.rows, *read] if is_backward else [*read, *page.rows]
        assert len(page.rows) == len(page.cursors) <= size
        if not (page.has_previous if is_backward else page.has_next):
            break
        cursor = page.cursors[0 if is_backward else -1]

    assert read == whole and articles_count(locale, search) == len(whole)


@pytest.mark.parametrize("key", [("helpArticles", "x", 1), ("helpArticles", 1), ("offerings", 0, 1), ("helpArticles", 0, 1, 2), ("helpArticles", 0, None)])
def test_a_cursor_that_is_not_ours_is_refused(key: tuple[object, ...]) -> None:
    for is_backward in (False, True):
        with pytest.raises(InvalidInput):
            articles_page(Locale.EN, Window(5, cursor_of(str(key[0]), key[1:]), is_backward))


def test_articles_keep_their_ids() -> None:
    rows = articles_page(Locale.EN, Window(100)).rows

    assert articles_by_ids([rows[2].id, library.IDS, rows[0].id]) == [rows[2], None, rows[0]]
    assert rows[0].id == uuid5(library.IDS, "sign_in.en")
