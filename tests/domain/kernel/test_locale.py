"""Numbers, money, days and phones as each language writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.kernel import locale as written
from domain.kernel.calendar import JalaliMonth
from domain.kernel.locale import Locale, negotiate
from domain.kernel.money import Money

FA, EN, RU, BG = Locale


@pytest.mark.parametrize(
    ("header", "others", "answer"),
    [
        (None, (), FA),
        ("", (None, RU), RU),
        ("*", (BG,), BG),
        ("en-GB,en;q=0.9,fa;q=0.5", (), EN),
        ("de, ru;q=0.4, bg;q=0.8", (), BG),
        ("fa-IR", (EN,), FA),
        ("en;q=0, bg;q=0.1", (), BG),
        ("de-DE", (None, EN, RU), EN),
        ("ru;q=nonsense,bg", (), BG),
        (";;,=,q", (), FA),
    ],
)
def test_the_language_is_negotiated(header: str | None, others: tuple[Locale | None, ...], answer: Locale) -> None:
    assert negotiate(header, others) is answer


@pytest.mark.parametrize(
    ("value", "fa", "en", "ru"),
    [
        (0, "۰", "0", "0"),
        (999, "۹۹۹", "999", "999"),
        (1234, "۱٬۲۳۴", "1,234", "1\u00a0234"),
        (Decimal("1234567.5"), "۱٬۲۳۴٬۵۶۷٫۵", "1,234,567.5", "1\u00a0234\u00a0567,5"),
        (-1234, "\u2066−۱٬۲۳۴\u2069", "−1,234", "−1\u00a0234"),
    ],
)
def test_numbers(value: int | Decimal, fa: str, en: str, ru: str) -> None:
    assert [written.number(value, locale) for locale in Locale] == [fa, en, ru, ru]


def test_money_is_in_rials_and_toman_is_labelled() -> None:
    assert [written.money(Money(13_750_000), locale) for locale in Locale] == [
        "۱۳٬۷۵۰٬۰۰۰\u00a0ریال",
        "13,750,000\u00a0IRR",
        "13\u00a0750\u00a0000\u00a0IRR",
        "13\u00a0750\u00a0000\u00a0IRR",
    ]
    assert written.toman(Money(13_750_000), FA) == "۱٬۳۷۵٬۰۰۰\u00a0تومان"
    assert written.toman(Money(15), EN) == "1.5\u00a0toman"
    assert written.toman(Money(-10), EN) == "−1\u00a0toman"


def test_the_percent_sign_keeps_its_side() -> None:
    assert [written.percent(Decimal("10.00"), locale) for locale in Locale] == ["۱۰\u200f٪", "10%", "10\u00a0%", "10%"]
    assert written.percent(Decimal("9.5"), FA) == "۹٫۵\u200f٪"
    assert written.percent(100, EN) == "100%"


def test_days_and_times_are_tehrans() -> None:
    moment = datetime(2026, 11, 9, 20, 56, tzinfo=UTC)

    assert [written.day_and_time(moment, locale) for locale in Locale] == [
        "۱۹ آبان ۱۴۰۵، ۰۰:۲۶",
        "10 November 2026, 00:26",
        "10 ноября 2026, 00:26",
        "10 ноември 2026, 00:26",
    ]
    assert written.day(date(2026, 11, 9), FA) == "۱۸ آبان ۱۴۰۵"


def test_cycles_keep_their_jalali_name() -> None:
    assert [written.month(JalaliMonth(1404, 7), locale) for locale in Locale] == ["مهر ۱۴۰۴", "Mehr 1404", "мехр 1404", "мехр 1404"]


def test_phones() -> None:
    assert written.phone("+989350000412", FA) == "\u2066۰۹۳۵\u00a0۰۰۰\u00a0۰۴۱۲\u2069"
    assert written.phone("+989410000001", EN) == "+98\u00a0941\u00a0000\u00a00001"
    assert written.phone("+359888123456", BG).replace("\u00a0", " ") == "+359 88 812 3456"
