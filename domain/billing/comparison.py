"""Why two bills differ: every rial of the difference under a named cause, down to the lines of both (D1).

Each line is attributed once, in a fixed order: credits and notes are what they are; then whether a card was there at all; then one-offs;
then usage and fees, paired line by line: what more or less of it would have cost at the old price and tax, what the new price adds to that,
and what the new tax rate adds last. Each step starts from the sum at which the one before ended, so the parts add up to the difference.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.billing.states import BillLineKind
from domain.kernel.money import in_proportion, rounded
from domain.kernel.quantity import Unit, UsageType


class BillCauseKind(StrEnum):
    """Kinds of causes."""

    VOLUME = "VOLUME"
    PRICE = "PRICE"
    SIM_ADDED = "SIM_ADDED"
    SIM_REMOVED = "SIM_REMOVED"
    ONE_OFF = "ONE_OFF"
    TAX = "TAX"
    CREDIT = "CREDIT"
    OTHER = "OTHER"


class ComparedLine(NamedTuple):
    """What comparing needs of a bill's line; `quantity` in units, null where nothing is counted; amounts in rials."""

    id: UUID
    kind: BillLineKind
    sim_id: UUID | None
    account_id: UUID
    service: UsageType | None
    item: Hashable
    """What was charged, by which lines of two bills are taken for the same: a tariff, a subscription."""
    unit: Unit | None
    quantity: int | None
    net: int
    vat: int
    vat_rate: Decimal

    @property
    def gross(self) -> int:
        """What it adds to the bill."""
        return self.net + self.vat


@dataclass(frozen=True, slots=True)
class ComparedBill:
    """A bill's lines, and the cards that stood on its account at any time of the cycle, whether they cost anything or not."""

    lines: Sequence[ComparedLine]
    sim_ids: AbstractSet[UUID]

    def has(self, sim_id: UUID) -> bool:
        """Whether a card was there."""
        return sim_id in self.sim_ids


class Detail(NamedTuple):
    """A cause on one card, or on the account itself; rials."""

    amount: int
    sim_id: UUID | None
    line_id: UUID | None
    other_line_id: UUID | None


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of a difference and where it lies, largest first; the details sum to the amount."""

    kind: BillCauseKind
    service: UsageType | None
    amount: int
    details: Sequence[Detail]


_Part = tuple[BillCauseKind, ComparedLine | None, ComparedLine | None, int]


def compared(bill: ComparedBill, other: ComparedBill) -> list[Cause]:
    """The causes of what a bill has more than another, by kind and service, at most 48; they sum to the difference to the rial."""
    gathered: dict[tuple[BillCauseKind, UsageType | None], list[Detail]] = defaultdict(list)
    for kind, line, other_line, amount in _parts(bill, other):
        either = line or other_line
        assert either is not None  # noqa: S101 (a part comes of a line)
        if amount:
            detail = Detail(amount, either.sim_id, line and line.id, other_line and other_line.id)
            gathered[kind, either.service].append(detail)
    services = list(UsageType)
    order = sorted(gathered, key=lambda key: (list(BillCauseKind).index(key[0]), services.index(key[1]) if key[1] else -1))
    return [Cause(*key, sum(part.amount for part in gathered[key]), sorted(gathered[key], key=_largest_first)) for key in order]


def _largest_first(detail: Detail) -> tuple[int, int, int]:
    return -abs(detail.amount), (detail.line_id or detail.other_line_id or UUID(int=0)).int, (detail.other_line_id or UUID(int=0)).int


def _parts(bill: ComparedBill, other: ComparedBill) -> Iterator[_Part]:
    paired: dict[tuple[BillCauseKind | None, Hashable], tuple[list[ComparedLine], list[ComparedLine]]] = defaultdict(lambda: ([], []))
    for line in bill.lines:
        kind = _own_cause(line, BillCauseKind.SIM_ADDED, other)
        paired[kind, _likeness(line)][0].append(line)
    for line in other.lines:
        kind = _own_cause(line, BillCauseKind.SIM_REMOVED, bill)
        paired[kind, _likeness(line)][1].append(line)
    for (own, _), (ours, theirs) in paired.items():
        for mine, its in zip_longest(*(sorted(side, key=attrgetter("gross"), reverse=True) for side in (ours, theirs))):
            if mine is None:
                yield own or BillCauseKind.VOLUME, None, its, -its.gross
            elif its is None:
                yield own or BillCauseKind.VOLUME, mine, None, mine.gross
            elif own is not None:
                yield own, mine, its, mine.gross - its.gross
            else:
                for kind, amount in _steps(mine, its):
                    yield kind, mine, its, amount


def _own_cause(line: ComparedLine, came_or_went: BillCauseKind, elsewhere: ComparedBill) -> BillCauseKind | None:
    """The cause that a line's whole amount has; null for usage and fees, which take two lines to explain, or are volume without."""
    if line.kind is BillLineKind.CREDIT or (line.kind is BillLineKind.NOTE and line.gross < 0):
        return BillCauseKind.CREDIT
    if line.kind is BillLineKind.NOTE:
        return BillCauseKind.OTHER
    if line.sim_id is not None and not elsewhere.has(line.sim_id):
        return came_or_went
    return BillCauseKind.ONE_OFF if line.kind is BillLineKind.ONE_OFF else None


def _likeness(line: ComparedLine) -> Hashable:
    """By what lines are paired, the largest with the largest; a card's by the card wherever it stood, those of no card by their account."""
    return line.kind, line.service, line.unit, line.item, line.sim_id or line.account_id, line.sim_id is None


def _steps(line: ComparedLine, other: ComparedLine) -> Iterable[tuple[BillCauseKind, int]]:
    """From the other's gross to ours: so much of it at the old price, then at the new price, then with the new tax."""
    at_old_price = other.gross if line.quantity == other.quantity else _gross(_priced(line, other), other.vat_rate)
    at_old_tax = line.gross if line.vat_rate == other.vat_rate else _gross(line.net, other.vat_rate)
    return (
        (BillCauseKind.VOLUME, at_old_price - other.gross),
        (BillCauseKind.PRICE, at_old_tax - at_old_price),
        (BillCauseKind.TAX, line.gross - at_old_tax),
    )


def _priced(line: ComparedLine, other: ComparedLine) -> int:
    """What our count would have cost at the other's net price; where the other counted nothing there is no old price, and ours holds."""
    if line.quantity is None or not other.quantity:
        return line.net
    return in_proportion(other.net, line.quantity, other.quantity)


def _gross(net: int, vat_rate: Decimal) -> int:
    return net + rounded(Decimal(net) * vat_rate / 100)
