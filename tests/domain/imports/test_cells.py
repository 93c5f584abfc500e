"""Single cells are read as people and spreadsheets write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.imports import cells
from domain.imports.words import STATUSES
from domain.kernel.errors import InvalidInput
from domain.kernel.text import digits_persian
from domain.sims.states import SimStatus


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (cells.msisdn, "9350000412", "+989350000412"),
        (cells.msisdn, "9350000412.0", "+989350000412"),
        (cells.msisdn, '="09350000412"', "+989350000412"),
        (cells.msisdn, "'۰۹۳۵ ۰۰۰ ۰۴۱۲", "+989350000412"),
        (cells.legal_id, "۱۰۳۸۰۲۸۴۷۹۰", "10380284790"),
        (cells.iccid, "8998350000000000011", "8998350000000000011"),
        (cells.code, "1204.0", "1204"),
        (cells.code, "A-۱۲", "A-12"),
        (cells.puk, "۰۰۰۱۲۳۴۵", "00012345"),
        (cells.rials, "1,200,000", 1_200_000),
        (cells.rials, "۱٬۲۰۰٬۰۰۰ ریال", 1_200_000),
        (cells.rials, "1.200.000", 1_200_000),
        (cells.rials, "1200000.00 IRR", 1_200_000),
        (cells.begin, "1404-07-15", datetime(2025, 10, 6, 20, 30, tzinfo=UTC)),
        (cells.begin, "۱۴۰۴/۷/۱۵", datetime(2025, 10, 6, 20, 30, tzinfo=UTC)),
        (cells.begin, "2025-10-07 08:30", datetime(2025, 10, 7, 5, 0, tzinfo=UTC)),
        (cells.begin, "2025-10-07T08:30:00+00:00", datetime(2025, 10, 7, 8, 30, tzinfo=UTC)),
        (cells.begin, "2025-10-07T08:30:00Z", datetime(2025, 10, 7, 8, 30, tzinfo=UTC)),
        (cells.begin, "07.10.2025", datetime(2025, 10, 6, 20, 30, tzinfo=UTC)),
        (cells.end, "1404-07-15", datetime(2025, 10, 7, 20, 30, tzinfo=UTC)),
        (cells.tags, "vip، field|vip ;  far away", ("vip", "field", "far away")),
        (cells.text, "نیک‌آذین  \n سارا", "نیک‌آذین سارا"),
        (cells.word(STATUSES), "آماده‌ی فعال‌سازی".replace("‌ی", ""), SimStatus.READY_TO_ACTIVATE),
        (cells.word(STATUSES), "Ready-To Activate", SimStatus.READY_TO_ACTIVATE),
    ],
)
def test_what_is_meant_is_understood(parse: Any, cell: str, value: object) -> None:
    assert parse(cells.clean(cell)) == value


@pytest.mark.parametrize(
    ("parse", "cell", "reason"),
    [
        (cells.msisdn, "9.89351E+11", "import.scientific"),
        (cells.msisdn, "۹٫۸۹۳۵۱E+۱۱", "import.scientific"),
        (cells.iccid, "8998350000000000000", "import.rounded"),
        (cells.puk, "1234567", "import.puk_short"),
        (cells.rials, "1.200", "import.amount"),
        (cells.rials, "-5", "import.negative"),
        (cells.rials, "(5)", "import.negative"),
        (cells.rials, "12000 تومان", "import.toman"),
        (cells.rials, "9" * 17, "import.amount"),
        (cells.begin, "10/07/2025", "import.date_order"),
        (cells.begin, "1404-13-01", "import.date"),
        (cells.begin, "2025-02-30", "import.date"),
        (cells.begin, "2025-10-07 25:00", "import.date"),
        (cells.begin, "45932", "import.date"),
        (cells.begin, "1004-01-01", "import.date"),
        (cells.legal_id, "10380284791", "error.legal_id"),
    ],
)
def test_what_cant_be_meant_is_refused_with_its_reason(parse: Any, cell: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(cells.clean(cell))

    assert refusal.value.message_key == reason


@given(st.text(max_size=30))
def test_any_cell_is_read_or_refused(cell: str) -> None:
    for parse in (cells.msisdn, cells.iccid, cells.legal_id, cells.puk, cells.rials, cells.begin, cells.end, cells.tags, cells.text, cells.code):
        try:
            parse(cells.clean(cell))
        except InvalidInput as refusal:
            assert refusal.message_key


@given(st.integers(0, cells.LARGEST_AMOUNT))
def test_money_reads_back_in_any_digits(amount: int) -> None:
    assert cells.rials(f"{amount:,}") == cells.rials(digits_persian(f"{amount:,}".replace(",", "٬"))) == amount
