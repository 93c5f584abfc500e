"""How one language says words, numbers, money, volumes, phones, dates and times."""

import math
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from mobile.state.digits import RIGHT_TO_LEFT, isolated, persian
from mobile.state.texts import entries, text

TEHRAN = ZoneInfo("Asia/Tehran")
NARROW, JOINED = "\u202f", "\u00a0"
KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4
RIALS_A_TOMAN = 10


class Speech:
    """Says everything in one language; the time zone of every date is Tehran's, as the operator's days are."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.is_rtl = language == "fa"

    def __call__(self, key: str, number: int | None = None, /, **values: str) -> str:
        """The words of that key; `number` picks the plural form and fills {n}."""
        if number is not None:
            values["n"] = self.number(number)
        return text(self.language, key, number, **values)

    def names(self, key: str) -> list[str]:
        """A list of names, such as the months."""
        return list(entries(self.language)[key])

    # ── numbers ──

    def digits(self, plain: str) -> str:
        """Ready text with the digits of this language."""
        return persian(plain) if self.is_rtl else plain

    def number(self, value: int | str | Decimal, places: int = 0) -> str:
        """Grouped: fa ۱٬۲۳۴٫۵ · en 1,234.5 · ru, bg 1 234,5; at most `places` decimals, trailing zeros dropped."""
        exact = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        whole, _, fraction = f"{abs(exact):,f}".partition(".")
        fraction = fraction.rstrip("0")
        group, point = {"fa": ("٬", "٫"), "en": (",", ".")}.get(self.language, (JOINED, ","))
        said = whole.replace(",", group) + (point + fraction if fraction else "")
        if exact < 0:
            return isolated("−" + self.digits(said)) if self.is_rtl else "−" + said
        return self.digits(said)

    def percent(self, value: int | str | Decimal) -> str:
        """fa ۱۰٪ with the sign on its left, others 10%."""
        said = self.number(value, 1)
        return f"{said}{RIGHT_TO_LEFT}٪" if self.is_rtl else f"{said}%"

    # ── money ──

    @property
    def rial(self) -> str:
        """Unit of money."""
        return self("money.rial")

    def amount(self, money: dict[str, Any] | None) -> str:
        """The bare figure of a Money, a dash when it doesn't apply."""
        return "—" if money is None else self.number(money["amount"])

    def money(self, money: dict[str, Any] | None) -> str:
        """Figure and unit: ۱٬۲۴۰٬۰۰۰ ریال, 1,240,000 IRR."""
        return "—" if money is None else f"{self.amount(money)}{JOINED}{self.rial}"

    def signed(self, money: dict[str, Any]) -> str:
        """The figure with its sign, plus as well: +۵۰۰٬۰۰۰, −1,250,000."""
        said = self.number(money["amount"])
        if int(money["amount"]) <= 0:
            return said
        return isolated(f"+{said}") if self.is_rtl else f"+{said}"

    def toman(self, money: dict[str, Any]) -> str:
        """The same money in toman, said as such."""
        return self("money.equals_toman", amount=self.number(Decimal(money["amount"]) / RIALS_A_TOMAN, 1))

    # ── volumes ──

    def volume(self, quantity: dict[str, Any], like: dict[str, Any] | None = None) -> tuple[str, str]:
        """Figure and unit of a Quantity; `like` fixes the unit, so that two figures can be compared."""
        amount = Decimal(quantity["amount"])
        match quantity["unit"]:
            case "BYTE":
                size, unit = _byte_unit(Decimal((like or quantity)["amount"]))
                value = amount / size
                return self.number(value, 2 if value < 1 else 1), self(f"unit.{unit}")
            case "SECOND":
                return self.number(math.ceil(amount / 60)), self("unit.minute")
            case "RIAL":
                return self.number(amount), self.rial
            case "PERCENT":
                return self.percent(amount), ""
            case unit:
                return self.number(amount), self(f"unit.{unit.lower()}")

    def volume_text(self, quantity: dict[str, Any]) -> str:
        """Figure and unit in one string."""
        return JOINED.join(part for part in self.volume(quantity) if part)

    # ── phones ──

    def phone(self, number: str | None) -> str:
        """fa ۰۹۳۵ ۰۰۰ ۰۴۱۲, others +98 935 000 0412; other countries' numbers as they are."""
        if number is None:
            return self("sim.no_number")
        if not number.startswith("+98") or len(number) != 13:
            return isolated(number) if self.is_rtl else number
        parts = number[3:6], number[6:9], number[9:]
        if self.is_rtl:
            return isolated(persian("0" + " ".join(parts)))
        return JOINED.join(("+98", *parts))

    def code(self, plain: str) -> str:
        """An ICCID, reference or address: Latin digits and left to right in every language."""
        return isolated(plain) if self.is_rtl else plain

    # ── time ──

    def date(self, instant: str | datetime, *, with_year: bool = True) -> str:
        """fa ۱۸ آبان ۱۴۰۵ (Jalali), others 9 Nov 2026."""
        local = _local(instant)
        if self.is_rtl:
            jalali: JalaliDate = JalaliDate.to_jalali(local.year, local.month, local.day)
            said = f"{jalali.day} {self.names('month.names')[jalali.month - 1]}" + (f" {jalali.year}" if with_year else "")
            return persian(said)
        return f"{local.day} {self.names('month.names')[local.month - 1]}" + (f" {local.year}" if with_year else "")

    def month(self, month: str, *, with_year: bool = True) -> str:
        """A Jalali month such as 1405-07, by its Jalali name in every language: مهر ۱۴۰۵, Mehr 1405."""
        year, number = month.split("-")
        name = self.names("month.jalali")[int(number) - 1]
        return f"{name} {self.digits(year)}" if with_year else name

    def span(self, period: dict[str, str]) -> str:
        """First and last day of a Period, whose end is the first instant after it."""
        last = datetime.fromisoformat(period["endsAt"]) - timedelta(seconds=1)
        return f"{self.date(period['startsAt'], with_year=False)} – {self.date(last)}"

    def day(self, instant: str | datetime, now: datetime) -> str:
        """Today as the time, yesterday in words, then the date without this year."""
        local, today = _local(instant), _local(now)
        if local.date() == today.date():
            return self.time(local)
        if local.date() == today.date() - timedelta(days=1):
            return self("time.yesterday")
        return self.date(local, with_year=local.year != today.year)

    def time(self, instant: str | datetime) -> str:
        """Hours and minutes in Tehran."""
        return self.digits(_local(instant).strftime("%H:%M"))

    def moment(self, instant: str | datetime) -> str:
        """Weekday, date and time, for receipts."""
        local = _local(instant)
        return self("time.moment", weekday=self.names("weekday.names")[local.weekday()], date=self.date(local), time=self.time(local))

    def ago(self, instant: str | datetime, now: datetime) -> str:
        """Just now, 2 min ago, 3 h ago, or the date."""
        minutes = int((now - _local(instant)).total_seconds() // 60)
        if minutes < 1:
            return self("time.just_now")
        if minutes < 60:
            return self("time.minutes_ago", minutes)
        if minutes < 24 * 60:
            return self("time.hours_ago", minutes // 60)
        return self.date(instant)

    def days_left(self, instant: str | datetime, now: datetime) -> str:
        """Whole days until then, never below zero."""
        return self("time.days", max(0, (_local(instant).date() - _local(now).date()).days))

    def duration(self, seconds: int) -> str:
        """The two largest of hours, minutes and seconds."""
        hours, rest = divmod(seconds, 3600)
        minutes, rest = divmod(rest, 60)
        parts = [("time.h", hours), ("time.min", minutes), ("time.s", rest if not hours else 0)]
        said = [self(key, count) for key, count in parts if count] or [self("time.s", 0)]
        return self("time.and").join(said)

    def clock(self, seconds: int) -> str:
        """A countdown, 01:24."""
        return self.digits(f"{max(0, seconds) // 60:02d}:{max(0, seconds) % 60:02d}")


def _local(instant: str | datetime) -> datetime:
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return moment.astimezone(TEHRAN)


def _byte_unit(size: Decimal) -> tuple[int, str]:
    if size >= TIB:
        return TIB, "tb"
    if size >= GIB // 10 or size == 0:
        return GIB, "gb"
    return (MIB, "mb") if size >= MIB else (KIB, "kb")


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)
