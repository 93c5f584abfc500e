"""Which sides a movement of money has, and which amounts are sane. Rials throughout, credit positive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.kernel.calendar import JalaliDay, JalaliMonth, start_of
from domain.kernel.errors import InvalidInput
from domain.kernel.money import Price

LARGEST_ADJUSTMENT = 1_000_000_000_000
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a movement: so much into a ledger account, or out of it when negative.

    `path` is its place where that is another than the movement's; `lost_at` when what comes in is lost, in an account that keeps lots.
    """

    ledger_account_id: UUID
    amount: int
    path: str | None = None
    lost_at: datetime | None = None


def movement(*legs: Leg) -> tuple[Leg, ...]:
    """The sides that move anything; they sum to zero or it is a bug."""
    if sum(leg.amount for leg in legs):
        raise ValueError(f"a movement has to sum to zero: {legs}")
    return tuple(leg for leg in legs if leg.amount)


def sale(price: Price, *, wallet: UUID, revenue: UUID, tax: UUID) -> tuple[Leg, ...]:
    """What a wallet pays for one item: the net to revenue, the tax apart; nothing for what is free."""
    return movement(Leg(wallet, -price.gross.minor), Leg(revenue, price.net.minor), Leg(tax, price.vat.minor))


def reversal(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """The same movement backwards."""
    return movement(*(Leg(leg.ledger_account_id, -leg.amount, leg.path) for leg in legs))


def check_adjustment(amount: int, reason: str) -> None:
    """Raises `InvalidInput` unless something moves, within a trillion rials, for a reason in at most 500 characters."""
    if not 0 < abs(amount) <= LARGEST_ADJUSTMENT:
        raise InvalidInput("wallet.amount", field=("amount",), most=LARGEST_ADJUSTMENT)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise InvalidInput("wallet.reason", field=("reason",), most=LONGEST_REASON)


def positive(amount: int) -> int:
    """The amount, or nothing when it is negative."""
    return max(amount, 0)


def first_in_first_out(lots: Sequence[tuple[UUID, int]], amount: int) -> list[tuple[UUID, int]]:
    """How much each lot gives, in their order, until it is enough; what is short is a bug."""
    uses = []
    for id, remaining in lots:
        if not amount:
            break
        used = min(remaining, amount)
        uses.append((id, used))
        amount -= used
    if amount:
        raise ValueError(f"lots are short of {amount}")
    return uses


def lot_expiry(at: datetime, months: int) -> datetime:
    """When what came at an instant is lost: with the end of the same day so many Jalali months later, or of that month's last one."""
    day = JalaliDay.of(at)
    month = JalaliMonth(day.year, day.month).plus(months)
    last = JalaliDay(month.year, month.month, min(day.day, month.days)).gregorian
    return start_of(last + timedelta(days=1))
