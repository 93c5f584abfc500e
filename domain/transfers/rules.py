"""What a transfer policy allows: decisions over amounts in rials and rolling windows of days."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.accounts.tables import PaymentMode
from domain.kernel.errors import DomainError, InsufficientFunds, InvalidInput, LimitReached, NotEligible
from domain.kernel.money import Money, Price, rounded
from domain.kernel.quantity import Quantity, Unit
from domain.kernel.text import digits_latin, without_invisible
from domain.sims.states import SimStatus

LARGEST = 1_000_000_000_000
LONGEST_MEMO = 500
MOST_WINDOWS = 5
MOST_DENOMINATIONS = 20


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many transfers, or so many rials, or both, within so many days up to now."""

    days: int
    count: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy of wallets of one kind; `sent` and `received` bound what leaves them and what comes in.

    `denominations` are the amounts allowed, none for any from `least` to `most`. `fee` is taken of a transfer that succeeds,
    `request_fee` of asking for one, both with their tax. `minimum_remaining` has to stay after all of it, and the sender must have
    `more_than_before`. Lines take part in the statuses named; they send `min_age_days` after they were activated, and once they have
    spent as much as they were first topped up with, up to `spent_of_first_top_up`. With `bonus_days` what a line receives is bonus money
    that is lost after so many days; with `extends_validity_days` the receiver is valid so long at least.
    """

    name: str
    is_allowed: bool = True
    denominations: tuple[int, ...] = ()
    least: int = 1
    most: int | None = None
    fee: int = 0
    request_fee: int = 0
    is_fee_paid_by_sender: bool = True
    minimum_remaining: int = 0
    more_than_before: int | None = None
    sent: tuple[Limit, ...] = ()
    received: tuple[Limit, ...] = ()
    sender_statuses: frozenset[SimStatus] = frozenset({SimStatus.ACTIVE})
    receiver_statuses: frozenset[SimStatus] = frozenset({SimStatus.ACTIVE, SimStatus.READY_TO_ACTIVATE})
    min_age_days: int = 0
    spent_of_first_top_up: int | None = None
    extends_validity_days: int = 0
    bonus_days: int | None = None

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any]) -> "Terms":
        """Reads a policy's table; raises `ValueError` for what no policy has."""
        if unknown := data.keys() - {field.name for field in fields(cls)} | data.keys() & {"name"}:
            raise ValueError(f"policy {name} has unknown terms: {', '.join(sorted(unknown))}")
        terms = cls(name, **{key: _READ.get(key, _plain)(value) for key, value in data.items()})
        limits = (*terms.sent, *terms.received)
        if max(len(terms.sent), len(terms.received)) > MOST_WINDOWS or len(terms.denominations) > MOST_DENOMINATIONS:
            raise ValueError(f"policy {name} has more than {MOST_WINDOWS} windows or {MOST_DENOMINATIONS} denominations")
        if any(limit.days < 1 or (limit.count is None and limit.amount is None) for limit in limits):
            raise ValueError(f"policy {name} has a window without days or without a bound")
        if any(number < 0 for number in (terms.fee, terms.request_fee, terms.minimum_remaining)) or terms.smallest < 1:
            raise ValueError(f"policy {name} has amounts below nothing")
        return terms

    @property
    def smallest(self) -> int:
        """The least amount that can be moved."""
        return min(self.denominations, default=self.least)

    @property
    def largest(self) -> int:
        """The most that can be moved at a time."""
        return max(self.denominations, default=LARGEST if self.most is None else self.most)


def _plain(value: Any) -> Any:
    return value


def _limits(rows: Sequence[Mapping[str, int]]) -> tuple[Limit, ...]:
    return tuple(Limit(**row) for row in rows)


def _statuses(names: Sequence[str]) -> frozenset[SimStatus]:
    return frozenset(map(SimStatus, names))


_READ: Mapping[str, Any] = {
    "denominations": tuple, "sent": _limits, "received": _limits, "sender_statuses": _statuses, "receiver_statuses": _statuses,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What a holder asks by SMS: so many rials from the manager, or, without an amount, to be left out of transfers."""

    amount: int | None


_ASKS = re.compile(r"\*?116\*(?:\+?\d{4,15}\*)?(\d{1,13})#?|(?:شارژ|credit|кредит)\s+(\d{1,13})")
_CLOSES = re.compile(r"\*?111\*0151#?")


def wish_of(text: str) -> Wish | None:
    """Reads what a holder's SMS asks (MU-02, MU-08): `116*amount`, as a code or in words, or `111*0151`; null for other words.

    A number between the two, as the operator's code has it, says nothing: the line's managers are asked.
    """
    words = digits_latin(without_invisible(text)).strip().lower()
    if asked := _ASKS.fullmatch(words):
        return Wish(int(asked[1] or asked[2]))
    return Wish(None) if _CLOSES.fullmatch(words) else None


@dataclass(frozen=True, slots=True)
class Line:
    """What rules ask of a line that takes part."""

    number: str
    status: SimStatus
    payment_mode: PaymentMode
    activated_at: datetime | None
    is_opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """What moved within a window."""

    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Left:
    """What may still move within a window of so many days."""

    days: int
    count: int
    amount: int


def check_amount(terms: Terms, amount: int) -> None:
    """Raises `InvalidInput` for what is no amount, `NotEligible` for one that the policy doesn't know."""
    if not 0 < amount <= LARGEST:
        raise InvalidInput("transfer.amount", field=("amount",), most=LARGEST)
    if terms.denominations and amount not in terms.denominations:
        raise NotEligible("transfer.denominations", field=("amount",), allowed=" · ".join(f"{one:,}" for one in terms.denominations))
    if not terms.least <= amount <= terms.largest:
        raise NotEligible("transfer.range", field=("amount",), least=terms.smallest, most=terms.largest)


def check_memo(memo: str | None) -> str | None:
    """The note without blanks around it, null for none; raises `InvalidInput` beyond 500 characters."""
    words = (memo or "").strip()
    if len(words) > LONGEST_MEMO:
        raise InvalidInput("transfer.memo", field=("memo",), most=LONGEST_MEMO)
    return words or None


def check_sender(terms: Terms, line: Line | None, at: datetime) -> None:
    """Raises `NotEligible` when the policy lets nothing out of this wallet; `line` is null for an account's."""
    if not terms.is_allowed:
        raise NotEligible("transfer.not_allowed", field=("fromWalletId",))
    if line is not None:
        _check_line(line, terms.sender_statuses, "fromWalletId")
        if terms.min_age_days and (line.activated_at is None or at - line.activated_at < timedelta(days=terms.min_age_days)):
            raise NotEligible("transfer.too_new", field=("fromWalletId",), number=line.number)


def check_receiver(terms: Terms, line: Line | None) -> None:
    """Raises `NotEligible` when nothing may come into this wallet; `line` is null for an account's."""
    if line is not None:
        _check_line(line, terms.receiver_statuses, "toWalletId")


def _check_line(line: Line, statuses: frozenset[SimStatus], field: str) -> None:
    if line.payment_mode is not PaymentMode.PREPAID:
        raise NotEligible("transfer.postpaid", field=(field,), number=line.number)
    if line.status not in statuses:
        raise NotEligible("transfer.status", field=(field,), number=line.number)
    if line.is_opted_out:
        raise NotEligible("transfer.opted_out", field=(field,), number=line.number)


def check_first_top_up(terms: Terms, line: Line, first_top_up: int, spent: int) -> None:
    """Raises `NotEligible` until a line has spent as much as it was first topped up with, up to the policy's bound (ZN-05)."""
    if terms.spent_of_first_top_up is None:
        return
    if first_top_up == 0 or spent < min(first_top_up, terms.spent_of_first_top_up):
        raise NotEligible("transfer.unspent", field=("fromWalletId",), number=line.number)


def check_funds(terms: Terms, available: int, amount: int, fee: int) -> None:
    """Raises `InsufficientFunds` unless amount, the sender's fee and what has to stay are there."""
    if terms.more_than_before is not None and available <= terms.more_than_before:
        raise InsufficientFunds(required=Money(terms.more_than_before + 1), available=Money(available))
    if available < (required := amount + fee + terms.minimum_remaining):
        raise InsufficientFunds(required=Money(required), available=Money(available))


def passed(limit: Limit, used: Used, amount: int) -> Quantity | None:
    """The bound that so much more would pass, null for none."""
    if limit.count is not None and used.count + 1 > limit.count:
        return Quantity(limit.count, Unit.MESSAGE)
    if limit.amount is not None and used.amount + amount > limit.amount:
        return Quantity(limit.amount, Unit.RIAL)
    return None


def opens_at(limit: Limit, moved: Sequence[tuple[datetime, int]], amount: int) -> datetime | None:
    """When so much fits into a window again that is used up by these transfers, oldest first; null for never."""
    if (limit.amount is not None and amount > limit.amount) or limit.count == 0:
        return None
    count, total = len(moved), sum(one for _, one in moved)
    for at, one in moved:
        count, total = count - 1, total - one
        if passed(limit, Used(count, total), amount) is None:
            return at + timedelta(days=limit.days)
    return None


def limit_reached(key: str, bound: Quantity, limit: Limit, retry_at: datetime | None) -> LimitReached:
    """The refusal of what a window doesn't hold; `key` says on whose side."""
    what = "count" if bound.unit is Unit.MESSAGE else "amount"
    return LimitReached(f"transfer.{key}_{what}", maximum=bound, retry_at=retry_at, most=bound.count, days=limit.days)


def left(terms: Terms, limit: Limit, used: Used) -> Left:
    """What a window still holds; a bound that it hasn't follows from the other and the amounts allowed."""
    amount = None if limit.amount is None else max(limit.amount - used.amount, 0)
    count = None if limit.count is None else max(limit.count - used.count, 0)
    if count is None:
        count = (amount or 0) // terms.smallest
    if amount is None:
        amount = count * terms.largest
    return Left(limit.days, count, amount)


def fee_price(fee: int, vat_rate: Decimal) -> Price:
    """The net and the tax in a fee that holds its tax."""
    net = rounded(Decimal(fee) * 100 / (100 + vat_rate))
    return Price(Money(net), Money(fee - net), vat_rate)


def reference(key: UUID) -> str:
    """By what people name an attempt, done or refused: from the key that the client gave it."""
    return f"T-{key.hex[-8:]}".upper()


@contextmanager
def referring(reference: str) -> Iterator[None]:
    """Puts a reference into whatever is refused (M1-06)."""
    try:
        yield
    except DomainError as error:
        error.params = {**error.params, "reference": reference}
        raise
