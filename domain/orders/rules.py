"""Who may buy what when, what it costs, and how orders move on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.bundles.rules import may_take
from domain.catalogue.tables import ActivationMode
from domain.kernel.errors import AlreadyExists, DomainError, InvalidInput, LimitReached, NotEligible, StateConflict
from domain.kernel.money import Money, Price, taxed
from domain.orders.tables import OrderState
from domain.sims.tables import SimStatus

MOST_LINES = 20
MOST_TARGETS = 100
MOST_EMAILS = 5
DAYS_AHEAD = timedelta(days=11)
"""A start can be chosen so far ahead (M1-08)."""
HISTORY = timedelta(days=15)
"""How far the history goes back unless asked for more (MI-43)."""
LONGEST_REFERENCE = 64
LONGEST_MEMO = 500
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)

S = OrderState
FINAL = frozenset({S.COMPLETED, S.PARTIAL, S.FAILED, S.CANCELLED, S.REJECTED})
NEXT: Mapping[OrderState, frozenset[OrderState]] = {
    S.HELD: frozenset({S.ACKNOWLEDGED, S.CANCELLED, S.REJECTED}),
    S.ACKNOWLEDGED: frozenset({S.IN_PROGRESS, S.FAILED, S.CANCELLED}),
    S.IN_PROGRESS: FINAL - {S.CANCELLED, S.REJECTED},
}
"""Where an order may go from a state; an item goes the same way, never to PARTIAL."""


@dataclass(frozen=True, slots=True)
class Line:
    """One offering for some lines, from when."""

    offering_id: UUID
    sim_ids: Sequence[UUID]
    activation: ActivationMode = ActivationMode.NOW
    activate_at: datetime | None = None
    is_renewing: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """What eligibility depends on of a SIM card; `same` counts products of the offering it has or that are on the way."""

    status: SimStatus
    payment_mode: str
    has_number: bool
    same: int


def check_count(lines: Sequence[Line]) -> None:
    """Raises `InvalidInput` unless there are 1–20 lines."""
    if not 1 <= len(lines) <= MOST_LINES:
        raise InvalidInput("orders.lines", field=("lines",), most=MOST_LINES)


def check_lines(lines: Sequence[Line]) -> None:
    """Raises `InvalidInput` unless there are 1–20 lines over 1–100 targets together."""
    check_count(lines)
    if any(not line.sim_ids for line in lines) or sum(len(line.sim_ids) for line in lines) > MOST_TARGETS:
        raise InvalidInput("orders.targets", field=("lines",), most=MOST_TARGETS)


def check_start(line: Line, place: int, activations: Collection[str], *, at: datetime) -> None:
    """Raises `NotEligible` for a start that the offering doesn't allow, `InvalidInput` for one that isn't within the next 11 days."""
    field = ("lines", str(place))
    if line.activation not in activations:
        raise NotEligible("orders.activation", field=(*field, "activation"))
    is_later = line.activation is ActivationMode.LATER
    if is_later != (line.activate_at is not None) or (line.activate_at and not at < line.activate_at <= at + DAYS_AHEAD):
        raise InvalidInput("orders.activate_at", field=(*field, "activateAt"), days=DAYS_AHEAD.days)


def check_words(memo: str | None, purchase_order_number: str | None, external_reference: str | None) -> None:
    """Raises `InvalidInput` for texts that are too long."""
    for name, value, most in (
        ("memo", memo, LONGEST_MEMO),
        ("purchaseOrderNumber", purchase_order_number, LONGEST_REFERENCE),
        ("externalReference", external_reference, LONGEST_REFERENCE),
    ):
        if value is not None and not 0 < len(value.strip()) <= most:
            raise InvalidInput("orders.text", field=(name,), most=most)


def addresses(buyer: str | None, others: Iterable[str]) -> list[str]:
    """Where the receipt goes: the buyer first, each address once (MI-39, MI-40); raises `InvalidInput` for more than 5."""
    wanted = list(dict.fromkeys([*([buyer] if buyer else []), *others]))
    if len(wanted) > MOST_EMAILS:
        raise InvalidInput("orders.emails", field=("receiptEmails",), most=MOST_EMAILS)
    return wanted


def refusal(card: Card, activation: ActivationMode, *, payment_modes: Collection[str], max_queued: int) -> DomainError | None:
    """Why a card can't have an offering, or null when it can."""
    if card.status is SimStatus.TERMINATED:
        return StateConflict("orders.terminated")
    if card.status is SimStatus.READY_TO_ACTIVATE and activation is not ActivationMode.FIRST_USE:
        return StateConflict("orders.not_activated")
    if card.status not in (SimStatus.ACTIVE, SimStatus.CAP_EXCEEDED, SimStatus.READY_TO_ACTIVATE):
        return StateConflict("orders.barred")
    if not card.has_number:
        return NotEligible("orders.no_number")
    if card.payment_mode not in payment_modes:
        return NotEligible("orders.payment_mode")
    if not may_take(card.same, max_queued):
        return LimitReached("orders.queue_full")
    return None


def total(prices: Sequence[Price], vat_rate: Decimal) -> Price:
    """The sum of lines; tax was rounded on each line, never on the sum."""
    return sum(prices, Price(Money(0), Money(0), vat_rate))


def price(net: int, vat_rate: Decimal) -> Price:
    """What one target of a line costs."""
    return taxed(Money(net), vat_rate)


def order_state(items: Collection[OrderState], *, is_filling: bool = False, unsold: int = 0) -> OrderState:
    """The state of an order by the states of its items; while a job fills it others are to come, and what it couldn't sell has failed."""
    kinds = set(items) | ({S.ACKNOWLEDGED} if is_filling else {S.FAILED} if unsold else set())
    if kinds <= FINAL:
        if len(kinds) == 1:
            return kinds.pop()
        return S.PARTIAL if S.COMPLETED in kinds else S.FAILED
    return S.ACKNOWLEDGED if kinds <= {S.ACKNOWLEDGED, S.CANCELLED} else S.IN_PROGRESS


def may_become(state: OrderState, after: OrderState) -> bool:
    """Whether an order may go from a state to another; a final one stays."""
    return after in NEXT.get(state, frozenset())


def ask_again_at(since: datetime, *, at: datetime) -> datetime:
    """When the carrier is asked again about something sent at `since`: soon at first, then ever more rarely, for as long as it takes."""
    return at + min(max(FIRST_WAIT, (at - since) / 2), LONGEST_WAIT)


def already_used(reference: str) -> AlreadyExists:
    """The failure of a reference that another order of the organization has."""
    return AlreadyExists("orders.reference_used", field=("externalReference",), reference=reference)
