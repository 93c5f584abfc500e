"""The receipt's PDF, read back by poppler: figures, order of digits, pages, fonts."""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from domain.kernel.locale import Locale
from domain.kernel.money import Money, taxed
from domain.orders.receipt import ReceiptData, ReceiptLine
from gateways.press import Press
from gateways.receipt import TypstReceipts

FONTS = Path(__file__).parents[2] / ".build" / "fonts"
FA, EN, RU, BG = Locale
OFFERINGS = {FA: "اینترنت ۱۰ گیگابایت، ۳۰ روزه", EN: "Internet 10 GB, 30 days", RU: "Интернет 10 ГБ, 30 дней", BG: "Интернет 10 GB, 30 дни"}
COMPANIES = {FA: "شرکت نیک‌آذین پارس", EN: "Nikazin Pars Co.", RU: "АО «Никазин Парс»", BG: "Никазин Парс АД"}
# What poppler writes around runs of the other direction.
MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def receipts() -> Iterator[TypstReceipts]:
    press = Press(FONTS)
    yield TypstReceipts(press)
    press.close()


def order(locale: Locale, lines: int = 10) -> ReceiptData:
    bought = [
        ReceiptLine(OFFERINGS[locale], f"+98935000{412 + place:04}", taxed(Money(1_250_000), Decimal("10.00"))) for place in range(lines)
    ]
    return ReceiptData(
        operator_name="Simurgh Telecom",
        organization_name=COMPANIES[locale],
        legal_id="10380284790",
        economic_code="411111111111",
        order_number="SMG-1405-004182",
        placed_at=datetime(2026, 11, 9, 6, 56, tzinfo=UTC),
        buyer_name="Maryam Modiri",
        account_number="AC-10-0042",
        account_name="Sales",
        wallet_name="Sales wallet",
        purchase_order_number="PO-1405-0817",
        memo="#strong[not markup] $x$ \\ *no* <a>",
        lines=bought,
        sims=lines,
    )


def poppler(tool: str, pdf: bytes, *options: str) -> str:
    """What one of poppler's tools says about a PDF; a missing tool fails with the name of its Debian package."""
    try:
        return subprocess.run([tool, *options], input=pdf, capture_output=True, check=True).stdout.decode()
    except FileNotFoundError:
        pytest.fail(f"{tool} is missing: apt-get install poppler-utils")


def text_of(pdf: bytes) -> str:
    """The text as it stands on the page, with single spaces."""
    return re.sub(r"[ \u00a0]+", " ", MARKS.sub("", poppler("pdftotext", pdf, "-layout", "-", "-")))


FIGURES = {
    FA: ("۱٬۲۵۰٬۰۰۰", "۱۲۵٬۰۰۰", "۱٬۳۷۵٬۰۰۰", "۱۲٬۵۰۰٬۰۰۰", "۱۳٬۷۵۰٬۰۰۰ریال", "۱٬۳۷۵٬۰۰۰تومان", "۱۸آبان", "۱۴۰۵", "۱۰:۲۶", "۰۹۳۵۰۰۰۰۴۱۲"),
    EN: ("1,250,000", "125,000", "1,375,000", "12,500,000 IRR", "13,750,000 IRR", "VAT (10%)", "1,375,000 toman", "9 November 2026, 10:26"),
    RU: ("1 250 000", "125 000", "12 500 000 IRR", "13 750 000 IRR", "НДС (10 %)", "1 375 000 томанов", "9 ноября 2026, 10:26"),
    BG: ("1 250 000", "125 000", "12 500 000 IRR", "13 750 000 IRR", "ДДС (10%)", "1 375 000 томана", "9 ноември 2026, 10:26"),
}


@pytest.mark.parametrize("locale", Locale)
async def test_every_figure_stands_on_the_page_in_its_language(receipts: TypstReceipts, locale: Locale) -> None:
    shown = text_of(await receipts.render(order(locale), locale))

    codes = ["SMG-1405-004182", "10380284790", "411111111111", "AC-10-0042", "PO-1405-0817", "Maryam Modiri", "Simurgh Telecom"]
    assert [code for code in codes if code not in shown] == []
    assert ("#strong[not markup] $x$ \\ *no* <a>" in shown) or (locale is FA and "not markup" in shown)
    assert locale is FA or "+98 935 000 0421" in shown
    words = shown.replace(" ", "") if locale is FA else shown  # poppler puts the spaces between two directions on either side
    assert [figure for figure in FIGURES[locale] if figure not in words] == []


async def test_no_glyph_is_borrowed_from_another_font(receipts: TypstReceipts) -> None:
    for locale in Locale:
        listed = poppler("pdffonts", await receipts.render(order(locale), locale), "-").splitlines()[2:]

        assert listed
        assert all("Vazirmatn" in line for line in listed), locale


async def test_a_hundred_lines_flow_over_pages_under_a_repeated_head(receipts: TypstReceipts) -> None:
    pdf = await receipts.render(order(EN, lines=100), EN)

    pages = text_of(pdf).rstrip("\f").split("\f")
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))
    assert len(pages) == 3
    assert all("No. Bundle Number Net VAT Total" in page for page in pages)
    assert all(f"+98 935 000 {412 + place:04}" in text_of(pdf) for place in range(100))
    assert "137,500,000 IRR" in pages[-1]


async def test_pages_are_numbered_in_persian_digits(receipts: TypstReceipts) -> None:
    shown = text_of(await receipts.render(order(FA, lines=100), FA)).replace(" ", "")

    assert [number for number in "۱۲۳" if f"{number}از۳" not in shown] == []


async def test_what_is_unknown_is_left_out(receipts: TypstReceipts) -> None:
    bare = replace(order(EN), economic_code=None, purchase_order_number=None, memo=None)

    shown = text_of(await receipts.render(bare, EN))

    assert not any(label in shown for label in ("Economic code", "Purchase order number", "Note"))


async def test_the_same_order_makes_the_same_bytes(receipts: TypstReceipts) -> None:
    first, again = await asyncio.gather(receipts.render(order(FA), FA), receipts.render(order(FA), FA))
    other = Press(FONTS, threads=1)

    assert first == again == await TypstReceipts(other).render(order(FA), FA)
    assert first != await receipts.render(order(FA, lines=9), FA)
    other.close()


async def test_the_loop_goes_on_while_receipts_are_printed(receipts: TypstReceipts) -> None:
    printing = asyncio.gather(*(receipts.render(order(FA, lines=100 - place), FA) for place in range(6)))
    turns, started = 0, time.perf_counter()

    while not printing.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert len(await printing) == 6
    assert turns > (time.perf_counter() - started) / 0.5  # no stall as long as half a second, on a busy machine either


def test_missing_fonts_are_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="set-up"):
        Press(tmp_path)
