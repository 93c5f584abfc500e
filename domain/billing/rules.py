"""Cycles, spans with one tax rate, fees by days, where bills go, and how a bill moves on; rials throughout."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from domain.billing.states import NEXT, BillState
from domain.catalogue.rules import rate_at
from domain.kernel.calendar import JalaliMonth, day_of, start_of
from domain.kernel.errors import InvalidInput, StateConflict
from domain.kernel.money import rounded

CYCLES = (1, 2)
"""How many Jalali months a cycle may have."""
DUE_DAYS = 28
LONGEST_DUE = 120
LAST_CYCLES = 6
"""How many cycles back bills are shown unless asked for more (MI-15)."""
MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a postpaid account: whether its bills are issued on it, how long its cycles are, by when it pays, on what credit."""

    is_billed_here: bool
    cycle_months: int = 1
    due_days: int = DUE_DAYS
    credit_limit: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of one Jalali month in which one tax rate holds."""

    starts_at: datetime
    ends_at: datetime
    vat_rate: Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """An account at a place where it hung, and whether it pays by bill."""

    account_id: UUID
    depth: int
    is_postpaid: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """A card's time at a place."""

    path: str
    starts_at: datetime
    ends_at: datetime | None


def usual_terms(depth: int) -> Terms:
    """The terms of an account with which nothing else was agreed: the top and commercial accounts have bills of their own."""
    return Terms(is_billed_here=depth <= 1)


def check_terms(terms: Terms) -> None:
    """Raises `InvalidInput` for a cycle, a time to pay or a credit that can't be."""
    if terms.cycle_months not in CYCLES:
        raise InvalidInput("billing.cycle_months", field=("cycleMonths",))
    if not 1 <= terms.due_days <= LONGEST_DUE:
        raise InvalidInput("billing.due_days", field=("dueDays",), most=LONGEST_DUE)
    if terms.credit_limit < 0:
        raise InvalidInput("billing.credit_limit", field=("creditLimit",))


def cycle_ending(month: JalaliMonth, cycle_months: int) -> JalaliMonth | None:
    """The first month of the cycle that ends with a month, or null when none ends there; cycles of two end with even months."""
    return month.plus(1 - cycle_months) if month.month % cycle_months == 0 else None


def cycle_around(month: JalaliMonth, cycle_months: int) -> tuple[JalaliMonth, JalaliMonth]:
    """The first and the last month of the cycle that a month is in."""
    last = month.plus(-month.month % cycle_months)
    return last.plus(1 - cycle_months), last


def last_cycles(at: datetime) -> JalaliMonth:
    """The first month whose bills are among those of the last cycles, seen from an instant: six of the longest before the running one."""
    return JalaliMonth.of(at).plus(-LAST_CYCLES)


def check_month(month: JalaliMonth, *, at: datetime) -> None:
    """Raises `StateConflict` while a month isn't over."""
    if at < month.ends_at:
        raise StateConflict("billing.not_over", month=str(month))


def spans(starts_at: datetime, ends_at: datetime, rates: Sequence[tuple[datetime, Decimal]]) -> list[Span]:
    """A time cut at the borders of months and where the tax rate changes."""
    edges = {starts_at, ends_at} | {at for at, _ in rates if starts_at < at < ends_at}
    month = JalaliMonth.of(starts_at)
    while month.ends_at < ends_at:
        edges.add(month.ends_at)
        month = month.plus(1)
    return [Span(start, end, rate_at(rates, start)) for start, end in pairwise(sorted(edges))]


def span_at(moment: datetime, rates: Sequence[tuple[datetime, Decimal]]) -> Span:
    """The span that an instant lies in."""
    month = JalaliMonth.of(moment)
    return next(span for span in spans(month.starts_at, month.ends_at, rates) if moment < span.ends_at)


def midnights(starts_at: datetime, ends_at: datetime) -> int:
    """How many days of Tehran begin in a half-open time: the days for which whoever has a card then pays its fee."""
    first, last = day_of(starts_at), day_of(ends_at)
    return (last - first).days + (start_of(first) >= starts_at) - (start_of(last) >= ends_at)


def fee(price: int, month: JalaliMonth, before: int, days: int) -> int:
    """What some days of a month cost after so many others of it, of a monthly price: parts of a month add up to the month to the rial."""
    return rounded(Decimal(price) * (before + days) / month.days) - rounded(Decimal(price) * before / month.days)


def fees(price: int, stays: Iterable[Stay], time: Iterable[Span]) -> Iterator[tuple[Span, str, int, int]]:
    """What a card's stays in some spans cost: span, place, days, rials; days are those that begin while it is there."""
    for span in time:
        month = JalaliMonth.of(span.starts_at)
        for stay in stays:
            start, end = max(span.starts_at, stay.starts_at), min(span.ends_at, stay.ends_at or span.ends_at)
            days = midnights(start, end) if start < end else 0
            if days:
                yield span, stay.path, days, fee(price, month, midnights(month.starts_at, start), days)


def above(path: str) -> Iterator[str]:
    """A place and those above it, from below."""
    while path:
        yield path
        path = path[: path.rstrip(".").rfind(".") + 1]


def billed_at(path: str, places: Mapping[str, Place], terms: Mapping[UUID, Terms]) -> str | None:
    """The place whose bill gets what arose at a place: the nearest postpaid account from there up that has bills of its own.

    Where none has, it is the highest postpaid one; null where nobody on the way pays by bill.
    """
    highest = None
    for part in above(path):
        place = places.get(part)
        if place is None or not place.is_postpaid:
            continue
        highest = part
        if terms.get(place.account_id, usual_terms(place.depth)).is_billed_here:
            return part
    return highest


def due_at(issued_at: datetime, due_days: int) -> datetime:
    """The end of the last day for paying in time."""
    return start_of(day_of(issued_at) + timedelta(days=due_days + 1))


def move(state: BillState, to: BillState) -> BillState:
    """The new state of a bill; raises `StateConflict` for one that can't follow."""
    if to not in NEXT[state]:
        raise StateConflict("billing.state", state=state, to=to)
    return to


def state_when_paid(total: int, amount_due: int) -> BillState:
    """The state of an issued bill by what is still to pay of it."""
    if amount_due <= 0:
        return BillState.SETTLED
    return BillState.SENT if amount_due >= total else BillState.PARTIALLY_PAID


def key_of(*parts: object) -> UUID:
    """The key of a line by what it is made of: the same again for the same."""
    return UUID(bytes=hashlib.blake2b("\x00".join(map(str, parts)).encode(), digest_size=16).digest())


def newly_counted(charges: Mapping[UUID | None, int], before: int, after: int) -> tuple[int, dict[UUID, int]]:
    """What budgets see of a bill's payments when these go from one sum to a higher one, and what of it each cost centre.

    Only what a bill has of charges by cost centre, in rials: the rest are purchases, which counted when they were made. However a bill
    is paid in parts, each centre's come to its charges.
    """
    whole = max(sum(charges.values()), 0)
    low, high = min(before, whole), min(after, whole)
    shares = {id: amount * high // whole - amount * low // whole for id, amount in charges.items() if id is not None and amount > 0 < whole}
    return high - low, {id: share for id, share in shares.items() if share}
