"""Numbers, money, volumes, phones and dates as each language writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from mobile.state.digits import isolated, plain
from mobile.state.speech import Speech

NOW = datetime(2026, 11, 9, 6, 52, tzinfo=UTC)
GIB = 1024**3


def rials(amount: int) -> dict[str, str]:
    return {"amount": str(amount), "currency": "IRR"}


@pytest.mark.parametrize(("language", "said"), [("fa", "۱٬۲۳۴٫۵"), ("en", "1,234.5"), ("ru", "1\u00a0234,5"), ("bg", "1\u00a0234,5")])
def test_numbers(language: str, said: str) -> None:
    assert Speech(language).number("1234.50", 1) == said


def test_rounding_is_half_up_and_zeros_go() -> None:
    assert Speech("en").number("0.005", 2) == "0.01"
    assert Speech("en").number("10.00", 2) == "10"
    assert Speech("en").number(615_300_000) == "615,300,000"


def test_a_negative_number_keeps_its_sign_on_the_left() -> None:
    assert Speech("en").number(-5) == "−5"
    assert Speech("fa").number(-5) == isolated("−۵")


@pytest.mark.parametrize(
    ("language", "said"), [("fa", "۱٬۲۴۰٬۰۰۰\u00a0ریال"), ("en", "1,240,000\u00a0IRR"), ("ru", "1\u00a0240\u00a0000\u00a0IRR")]
)
def test_money(language: str, said: str) -> None:
    assert Speech(language).money(rials(1_240_000)) == said


def test_money_that_does_not_apply_is_a_dash_and_large_money_stays_exact() -> None:
    assert Speech("en").money(None) == "—"
    assert Speech("en").amount(rials(9_007_199_254_740_993)) == "9,007,199,254,740,993"


def test_toman_is_labelled_and_a_tenth() -> None:
    assert Speech("fa").toman(rials(615_300_000)) == "برابر با ۶۱٬۵۳۰٬۰۰۰ تومان"
    assert Speech("en").toman(rials(15)) == "equals 1.5 toman"


def test_the_persian_percent_sign_stands_left_of_its_number() -> None:
    assert Speech("fa").percent("10.00") == "۱۰\u200f٪"
    assert Speech("ru").percent("10") == "10%"


@pytest.mark.parametrize(
    ("amount", "figure", "unit"),
    [
        (6.2 * GIB, "6.2", "GB"),
        (0.18 * GIB, "0.18", "GB"),
        (20 * 1024**2, "20", "MB"),
        (5.78 * 1024 * GIB, "5.8", "TB"),
        (0, "0", "GB"),
        (512 * 1024, "512", "KB"),
    ],
)
def test_volumes(amount: float, figure: str, unit: str) -> None:
    assert Speech("en").volume({"amount": str(int(amount)), "unit": "BYTE"}) == (figure, unit)


def test_a_volume_can_be_said_in_the_unit_of_another() -> None:
    left, whole = {"amount": str(20 * 1024**2), "unit": "BYTE"}, {"amount": str(10 * GIB), "unit": "BYTE"}

    assert Speech("en").volume(left, like=whole) == ("0.02", "GB")


def test_voice_is_said_in_begun_minutes() -> None:
    assert Speech("en").volume({"amount": "61", "unit": "SECOND"}) == ("2", "min")


@pytest.mark.parametrize(
    ("language", "said"),
    [("fa", isolated("۰۹۳۵ ۰۰۰ ۰۴۱۲")), ("en", "+98\u00a0935\u00a0000\u00a00412"), ("bg", "+98\u00a0935\u00a0000\u00a00412")],
)
def test_phones(language: str, said: str) -> None:
    assert Speech(language).phone("+989350000412") == said


def test_a_foreign_number_stays_as_it_is() -> None:
    assert Speech("en").phone("+35929990000") == "+35929990000"


@pytest.mark.parametrize(("language", "said"), [("fa", "۱۸ آبان ۱۴۰۵"), ("en", "9 Nov 2026"), ("ru", "9 ноя. 2026"), ("bg", "9 ное. 2026")])
def test_dates(language: str, said: str) -> None:
    assert Speech(language).date(NOW) == said


def test_a_day_is_tehrans() -> None:
    assert Speech("en").date("2026-11-08T20:31:00+00:00") == "9 Nov 2026"
    assert Speech("fa").date("2026-03-20T20:30:00Z") == "۱ فروردین ۱۴۰۵"
    assert Speech("fa").time(NOW) == "۱۰:۲۲"


def test_the_moment_of_a_receipt() -> None:
    assert Speech("en").moment(NOW) == "Monday 9 Nov 2026, 10:22"
    assert Speech("fa").moment(NOW) == "دوشنبه ۱۸ آبان ۱۴۰۵، ساعت ۱۰:۲۲"


@pytest.mark.parametrize(
    ("back", "said"), [({"seconds": 20}, "just now"), ({"minutes": 2}, "2 min ago"), ({"hours": 3}, "3 h ago"), ({"days": 2}, "7 Nov 2026")]
)
def test_ago(back: dict[str, int], said: str) -> None:
    assert Speech("en").ago(NOW - timedelta(**back), NOW) == said


def test_days_of_a_list() -> None:
    say = Speech("en")

    assert say.day(NOW, NOW) == "10:22"
    assert say.day(NOW - timedelta(days=1), NOW) == "Yesterday"
    assert say.day(NOW - timedelta(days=3), NOW) == "6 Nov"
    assert say.day(NOW - timedelta(days=400), NOW) == "5 Oct 2025"


@pytest.mark.parametrize(("seconds", "said"), [(372, "6 min 12 s"), (3720, "1 h 2 min"), (41, "41 s"), (0, "0 s"), (2880, "48 min")])
def test_durations(seconds: int, said: str) -> None:
    assert Speech("en").duration(seconds) == said


def test_persian_durations_are_joined_in_words() -> None:
    assert Speech("fa").duration(372) == "۶ دقیقه و ۱۲ ثانیه"


def test_typed_digits_become_plain() -> None:
    assert plain("۰۹۳۵ ٠٠٠ 1000") == "0935 000 1000"
