"""Printed bills: every figure on the page, in each language and direction, over several pages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from domain.billing.paper import BillPaper, PaperLine, PaperSum
from domain.billing.seller import Seller
from domain.billing.states import BillLineKind
from domain.kernel.calendar import JalaliMonth
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price, taxed
from domain.kernel.quantity import Quantity, Unit, UsageType
from gateways.bill import TypstBills
from gateways.press import Press
from tests.gateways.test_receipt import poppler, text_of

FONTS = Path(__file__).parents[2] / ".build" / "fonts"
FA, EN, RU, BG = Locale
MONTH = JalaliMonth(1405, 7)
TEN = Decimal("10.00")


@pytest.fixture(scope="module")
def bills() -> Iterator[TypstBills]:
    press = Press(FONTS)
    yield TypstBills(press)
    press.close()


def paper(lines: int = 4) -> BillPaper:
    used = [
        PaperLine(BillLineKind.USAGE, UsageType.DATA, f"+98935000{place:04}", "اینترنت", Quantity(3 << 29, Unit.BYTE), taxed(Money(150_000), TEN))
        for place in range(lines)
    ]
    credit = PaperLine(BillLineKind.CREDIT, None, "Sales", "Bonus", None, Price(Money(-20_000), Money(-1_800), Decimal("9.00")))
    data = sum((line.price for line in used), Price(Money(0), Money(0), TEN))
    return BillPaper(
        seller=Seller("Simurgh Telecom", "10380284790", "411111111111", "A11216"),
        organization_name="شرکت نیک‌آذین پارس",
        legal_id="10102030405",
        economic_code="411222333444",
        account_number="AC-10-0042",
        account_name="Sales",
        number="BL-1405-00017",
        tax_number="A1121604BA600000000013",
        month=MONTH,
        starts_at=MONTH.starts_at,
        ends_at=MONTH.ends_at,
        issued_at=datetime(2026, 10, 23, 6, 30, tzinfo=UTC),
        due_at=datetime(2026, 11, 20, 20, 30, tzinfo=UTC),
        sums=[PaperSum(UsageType.DATA, data, lines), PaperSum(None, credit.price, 1)],
        lines=[*used, credit],
        line_count=lines + 1,
    )


FIGURES = {
    FA: ("۶۰۰٬۰۰۰", "۶۰٬۰۰۰", "۶۳۸٬۲۰۰ریال", "۶۳٬۸۲۰تومان", "مهر۱۴۰۵", "گیگابایت", "۱٬۸۰۰"),
    EN: ("600,000", "60,000", "638,200 IRR", "63,820 toman", "Mehr 1405", "1.5 GB", "VAT (10%)", "VAT (9%)", "−21,800", "23 October 2026"),
    RU: ("600 000", "60 000", "638 200 IRR", "63 820 томанов", "1,5 ГБ", "НДС (10 %)", "−21 800"),
    BG: ("600 000", "60 000", "638 200 IRR", "63 820 томана", "1,5 GB", "ДДС (9%)", "−21 800"),
}
CODES = ("BL-1405-00017", "A1121604BA600000000013", "10380284790", "411111111111", "10102030405", "411222333444", "AC-10-0042")


@pytest.mark.parametrize("locale", Locale)
async def test_every_figure_stands_on_the_page_in_its_language(bills: TypstBills, locale: Locale) -> None:
    shown = text_of(await bills.render(paper(), locale))

    assert [code for code in CODES if code not in shown] == []
    words = shown.replace(" ", "") if locale is FA else shown
    assert [figure for figure in FIGURES[locale] if figure not in words] == []


async def test_many_lines_flow_over_numbered_pages_and_the_rest_is_named(bills: TypstBills) -> None:
    pdf = await bills.render(replace(paper(200), line_count=300_000), EN)

    pages = text_of(pdf).rstrip("\f").split("\f")
    assert len(pages) > 3
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))
    assert "299,799 more lines are in this bill's CSV and XLSX files." in re.sub(r"\s+", " ", pages[-1])


async def test_no_glyph_is_borrowed_from_another_font(bills: TypstBills) -> None:
    for locale in Locale:
        listed = poppler("pdffonts", await bills.render(paper(), locale), "-").splitlines()[2:]

        assert listed
        assert all("Vazirmatn" in line for line in listed), locale


async def test_the_same_bill_makes_the_same_bytes_and_unknown_codes_are_left_out(bills: TypstBills) -> None:
    bare = replace(paper(), seller=Seller("Simurgh Telecom"), tax_number=None, economic_code=None)

    assert await bills.render(bare, FA) == await bills.render(bare, FA)
    shown = text_of(await bills.render(bare, EN))
    assert not any(label in shown for label in ("Economic code", "economic code", "Tax number", "Seller’s legal ID"))
