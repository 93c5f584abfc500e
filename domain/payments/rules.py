"""Which amounts, papers, addresses and codes are sane, when a gateway is asked again, and how long a voucher lasts; pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from domain.kernel.errors import InvalidInput
from domain.kernel.text import digits_latin, without_invisible
from domain.payments.tables import PaymentState

S = PaymentState
LARGEST = 1_000_000_000_000
LONGEST_URL = 2_000
LONGEST_REFERENCE = 60
OLDEST_PAPER = timedelta(days=366)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

FINAL = frozenset({S.SETTLED, S.FAILED})
NEXT: Mapping[PaymentState, frozenset[PaymentState]] = {
    S.CREATED: frozenset({S.VERIFYING, S.SETTLED, S.FAILED}),
    S.VERIFYING: frozenset({S.SETTLED, S.FAILED, S.CREATED}),
    S.FAILED: frozenset({S.SETTLED}),
}
"""Where a payment may go. Back to CREATED goes one that the payer came back from without paying, and a refund that the gateway leaves to
people; out of FAILED one whose money came after all: the gateway's word counts whenever it is spoken."""

PAGE_LIFE = timedelta(hours=1)
"""How long after it was begun a payment's page can be opened."""
UNPAID_FOR = timedelta(days=3)
"""After this long "not paid" is taken as the gateway's no: its own pages live for less than an hour."""
FIRST_LOOK = timedelta(minutes=2)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)

CODE_DIGITS = 16
MOST_VOUCHERS = 1_000
MOST_MONTHS = 60
WRONG_AN_ACTOR, WRONG_AN_ORGANIZATION = 5, 30
GUESS_WINDOW = timedelta(hours=1)
_SEPARATORS = re.compile(r"[\s\-–—_.]+")


def check_amount(amount: int | None) -> int:
    """The amount; raises `InvalidInput` unless it is from one rial to a trillion."""
    if amount is None or not 0 < amount <= LARGEST:
        raise InvalidInput("payments.amount", field=("amount",), most=LARGEST)
    return amount


def check_return_url(url: str, *, allows_loopback: bool) -> str:
    """The address that a payer comes back to: https without credentials, or this machine's in development; raises `InvalidInput`."""
    try:
        parts = urlsplit(url)
        is_known = parts.scheme == "https" or (allows_loopback and parts.scheme == "http" and parts.hostname in LOOPBACK)
        is_plain = url.isascii() and not re.search(r"[\x00-\x20\x7f\\]", url) and "@" not in parts.netloc
        if is_known and is_plain and parts.hostname and len(url) <= LONGEST_URL and (parts.port is None or parts.port > 0):
            return url
    except ValueError:
        pass
    raise InvalidInput("payments.return_url", field=("method", "gatewayReturnUrl"))


def check_paper(reference: str, paid_on: date, *, today: date) -> str:
    """The number on a slip or cheque, tidied; raises `InvalidInput` for none, a long one, or a day that isn't of the last year."""
    tidy = " ".join(without_invisible(digits_latin(reference)).split())
    if not 0 < len(tidy) <= LONGEST_REFERENCE or not tidy.isprintable():
        raise InvalidInput("payments.reference", field=("method", "offline", "reference"), most=LONGEST_REFERENCE)
    if not today - OLDEST_PAPER <= paid_on <= today:
        raise InvalidInput("payments.paid_on", field=("method", "offline", "paidOn"))
    return tidy


def may_become(state: PaymentState, after: PaymentState) -> bool:
    """Whether a payment may go from a state to another."""
    return after in NEXT.get(state, frozenset())


def ask_again_at(since: datetime, *, at: datetime) -> datetime:
    """When a gateway is asked again about a payment begun at `since`: soon at first, then ever more rarely, for as long as it takes."""
    return at + min(max(FIRST_WAIT, (at - since) / 2), LONGEST_WAIT)


def bare_code(code: str) -> str | None:
    """The digits of a voucher's code as people type it; null when it can't be one."""
    digits = _SEPARATORS.sub("", without_invisible(digits_latin(code[:100])))
    return digits if len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit() else None


def shown_code(digits: str) -> str:
    """A code in groups of four."""
    return "-".join(digits[place : place + 4] for place in range(0, len(digits), 4))

