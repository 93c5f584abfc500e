"""Rules of payments: codes as people type them, addresses, papers, when to ask again, and where a payment may go."""

from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidInput
from domain.payments import rules
from domain.payments.tables import Payment, PaymentState
from domain.payments.verifying import landing
from tests.world import NOW

S = PaymentState
NIL = UUID(int=0)
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@given(st.integers(0, 10**16 - 1), st.sampled_from(["", "-", " ", " - ", "\u200f", ".", "–"]), st.booleans())
def test_a_code_is_read_however_it_is_typed(number: int, mark: str, is_persian: bool) -> None:
    digits = f"{number:016}"
    typed = rules.shown_code(digits).replace("-", mark)

    assert rules.bare_code(typed.translate(PERSIAN) if is_persian else typed) == digits


@given(st.text(max_size=40))
def test_anything_else_is_no_code(text: str) -> None:
    bare = rules.bare_code(text)

    assert bare is None or (len(bare) == rules.CODE_DIGITS and bare.isascii() and bare.isdigit())


@given(st.timedeltas(timedelta(0), timedelta(days=1500)), st.timedeltas(timedelta(0), timedelta(days=900)))
def test_pauses_grow_from_half_a_minute_to_an_hour(begun: timedelta, passed: timedelta) -> None:
    since = NOW + begun
    pause = rules.ask_again_at(since, at=since + passed) - (since + passed)

    assert rules.FIRST_WAIT <= pause <= rules.LONGEST_WAIT
    assert pause <= rules.ask_again_at(since, at=since + passed + timedelta(hours=1)) - (since + passed + timedelta(hours=1))


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z@:\[\]0-9.\\/?#-]{0,30}", fullmatch=True))
def test_whoever_is_sent_back_goes_to_a_plain_https_address(url: str) -> None:
    try:
        assert rules.check_return_url(url, allows_loopback=False) == url
    except InvalidInput:
        return
    parts = urlsplit(url)
    assert parts.scheme == "https" and parts.hostname and parts.username is None and not set(url) & set("\\ \t\r\n\0")
    landed = urlsplit(landing(Payment(id=NIL, return_url=url)))
    assert (landed.scheme, landed.netloc, landed.path) == (parts.scheme, parts.netloc, parts.path)





@pytest.mark.parametrize(
    ("url", "landed"),
    [
        ("https://a.example", "https://a.example?payment="), ("https://a.example/x?y=1#z", "https://a.example/x?y=1&payment="),
        ("https://a.example:8443/?", "https://a.example:8443/?payment="),
    ],
)  # fmt: skip
def test_the_payment_is_added_to_the_address(url: str, landed: str) -> None:
    assert landing(Payment(id=NIL, return_url=rules.check_return_url(url, allows_loopback=False))).startswith(landed)


@pytest.mark.parametrize("url", ["http://localhost:9/x", "http://127.0.0.1/x", "http://[::1]:1/x"])
def test_this_machine_is_an_address_in_development_alone(url: str) -> None:
    assert rules.check_return_url(url, allows_loopback=True) == url
    with pytest.raises(InvalidInput):
        rules.check_return_url(url, allows_loopback=False)
    with pytest.raises(InvalidInput):
        rules.check_return_url(url.replace("http", "ftp"), allows_loopback=True)


def test_papers_are_of_the_last_year_and_tidied() -> None:
    today = date(2026, 11, 21)

    assert rules.check_paper("  ۴۷۱۱ \u200f / ۲ ", today, today=today) == "4711 / 2"
    for days, is_good in ((0, True), (366, True), (367, False), (-1, False)):
        if is_good:
            rules.check_paper("1", today - timedelta(days=days), today=today)
        else:
            with pytest.raises(InvalidInput):
                rules.check_paper("1", today - timedelta(days=days), today=today)


def test_what_is_settled_stays() -> None:
    assert not any(rules.may_become(S.SETTLED, after) for after in S)
    assert [after for after in S if rules.may_become(S.FAILED, after)] == [S.SETTLED]
    assert NOW + rules.PAGE_LIFE < NOW + rules.UNPAID_FOR
