"""How numbers, money, days and phones are written in each of the four languages (APP.md, Numbers)."""

import functools
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import phonenumbers
from babel.dates import format_date

from domain.kernel.calendar import JalaliDay, JalaliMonth, day_of, in_tehran
from domain.kernel.money import Money
from domain.kernel.quantity import Quantity, Unit
from domain.kernel.text import RLM, digits_persian, ltr

LONGEST_WISH = 500
"""Characters of an Accept-Language header that are read."""
_NO_BREAK_SPACE = "\u00a0"
_JALALI_MONTHS = {
    "FA": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
    "EN": (
        "Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar",
        "Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand",
    ),
    "RU": (
        "фарвардин", "ордибехешт", "хордад", "тир", "мордад", "шахривар",
        "мехр", "абан", "азар", "дей", "бахман", "эсфанд",
    ),
    "BG": (
        "фарвардин", "ордибехещ", "хордад", "тир", "мордад", "шахривар",
        "мехр", "абан", "азар", "дей", "бахман", "есфанд",
    ),
}  # fmt: skip
_RIAL = {"FA": "ریال", "EN": "IRR", "RU": "IRR", "BG": "IRR"}
_BYTES = {
    "FA": ("بایت", "کیلوبایت", "مگابایت", "گیگابایت"), "EN": ("B", "KB", "MB", "GB"),
    "RU": ("Б", "КБ", "МБ", "ГБ"), "BG": ("B", "KB", "MB", "GB"),
}  # fmt: skip
_MESSAGES = {"FA": "پیامک", "EN": "SMS", "RU": "SMS", "BG": "SMS"}
_TOMAN = {"FA": "تومان", "EN": "toman", "RU": "томанов", "BG": "томана"}


class Locale(StrEnum):
    """Language of texts, mails and documents."""

    FA = "FA"
    EN = "EN"
    RU = "RU"
    BG = "BG"

    @property
    def tag(self) -> str:
        """Its BCP 47 language tag, as Accept-Language, `lang=` and Babel write it."""
        return self.value.lower()

    @property
    def is_rtl(self) -> bool:
        """Whether its lines run from right to left."""
        return self is Locale.FA


def negotiate(accept_language: str | None, others: Iterable[Locale | None] = ()) -> Locale:
    """The language to answer in: the best of Accept-Language that we speak, else the first of the others
    (person, organization), else FA.

    `*` and unknown languages say nothing; among equals the first wins.
    """
    wanted = _best((accept_language or "")[:LONGEST_WISH])
    return wanted or next((locale for locale in others if locale is not None), Locale.FA)


@functools.lru_cache(1000)
def _best(accept_language: str) -> Locale | None:
    """What is wanted most of what we speak; headers are few and come with every request."""
    wanted: list[tuple[float, Locale]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, weight = part.partition(";")
        language = tag.strip().partition("-")[0].upper()
        if language in Locale.__members__ and (quality := _quality(weight)) > 0:
            wanted.append((quality, Locale[language]))
    return max(wanted, key=lambda choice: choice[0])[1] if wanted else None


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def number(value: int | Decimal, locale: Locale) -> str:
    """A number with its thousands apart: ۱٬۲۳۴٫۵ · 1,234.5 · 1 234,5; a negative one keeps its sign on the left."""
    plain = f"{abs(value):,}"
    match locale:
        case Locale.FA:
            text = digits_persian(plain.replace(",", "٬").replace(".", "٫"))
        case Locale.EN:
            text = plain
        case _:
            text = plain.replace(",", _NO_BREAK_SPACE).replace(".", ",")
    if value >= 0:
        return text
    return ltr(f"−{text}") if locale.is_rtl else f"−{text}"


def money(amount: Money, locale: Locale) -> str:
    """An amount in rials with its unit behind, which right-to-left puts on the left."""
    return f"{number(amount.minor, locale)}{_NO_BREAK_SPACE}{_RIAL[locale]}"


def toman(amount: Money, locale: Locale) -> str:
    """The same amount in tomans, labelled; for reading along, never alone and never stored."""
    tens, rest = divmod(abs(amount.minor), 10)
    value = Decimal(tens) if rest == 0 else Decimal(tens) + Decimal(rest) / 10
    return f"{number(-value if amount.minor < 0 else value, locale)}{_NO_BREAK_SPACE}{_TOMAN[locale]}"


def quantity(value: Quantity, locale: Locale) -> str:
    """A counted amount with its unit: 1.5 GB (of 1024 MB, two decimals), 1:02:03 hours, 7 SMS, 1,000 IRR."""
    match value.unit:
        case Unit.BYTE:
            power = min(3, max(0, (abs(value.count).bit_length() - 1) // 10))
            exact = (Decimal(value.count) / 1024**power).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            short = Decimal(f"{exact:f}".rstrip("0").rstrip("."))
            return f"{number(short, locale)}{_NO_BREAK_SPACE}{_BYTES[locale][power]}"
        case Unit.SECOND:
            hours, seconds = divmod(value.count, 3600)
            time = f"{hours}:{seconds // 60:02}:{seconds % 60:02}"
            return digits_persian(time) if locale is Locale.FA else time
        case Unit.MESSAGE:
            return f"{number(value.count, locale)}{_NO_BREAK_SPACE}{_MESSAGES[locale]}"
        case Unit.RIAL:
            return money(Money(value.count), locale)


def percent(value: int | Decimal, locale: Locale) -> str:
    """A percentage; in Persian the sign stands on the left, whatever comes before."""
    plain = f"{value:f}"
    exact = Decimal(plain.rstrip("0").rstrip(".")) if "." in plain else Decimal(value)
    match locale:
        case Locale.FA:
            return f"{number(exact, locale)}{RLM}٪"
        case Locale.RU:
            return f"{number(exact, locale)}{_NO_BREAK_SPACE}%"
        case _:
            return f"{number(exact, locale)}%"


def day(moment: datetime | date, locale: Locale) -> str:
    """A day in words, as Tehran's calendar stands at that instant: ۱۸ آبان ۱۴۰۵ · 9 November 2026."""
    if locale is Locale.FA:
        jalali = JalaliDay.of(moment)
        return digits_persian(f"{jalali.day} {_JALALI_MONTHS['FA'][jalali.month - 1]} {jalali.year}")
    gregorian = day_of(moment) if isinstance(moment, datetime) else moment
    return format_date(gregorian, "d MMMM y", locale=locale.tag)


def clock_time(moment: datetime, locale: Locale) -> str:
    """The time of day in Tehran, 24 hours: ۱۰:۲۶."""
    text = f"{in_tehran(moment):%H:%M}"
    return digits_persian(text) if locale is Locale.FA else text


def day_and_time(moment: datetime, locale: Locale) -> str:
    """A day in words and the time of day in Tehran."""
    comma = "،" if locale is Locale.FA else ","
    return f"{day(moment, locale)}{comma} {clock_time(moment, locale)}"


def month(period: JalaliMonth, locale: Locale) -> str:
    """A Jalali month by its name, which is kept in every language: مهر ۱۴۰۴ · Mehr 1404."""
    name = f"{_JALALI_MONTHS[locale][period.month - 1]} {period.year}"
    return digits_persian(name) if locale is Locale.FA else name


def phone(msisdn: str, locale: Locale) -> str:
    """A stored number in groups: ۰۹۳۵ ۰۰۰ ۰۴۱۲ in Persian (kept left to right), +98 935 000 0412 elsewhere."""
    iranian = msisdn.startswith("+989") and len(msisdn) == 13
    if iranian:
        groups = f"{msisdn[3:6]} {msisdn[6:9]} {msisdn[9:]}"
        text = digits_persian(f"0{groups}") if locale is Locale.FA else f"+98 {groups}"
    else:
        text = phonenumbers.format_number(phonenumbers.parse(msisdn), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    text = text.replace(" ", _NO_BREAK_SPACE)
    return ltr(text) if locale.is_rtl else text
