"""Which groups there may be and which cards may be in them; pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.kernel.errors import AlreadyExists, DomainError, InvalidInput, LimitReached, NotEligible, NotFound
from domain.kernel.quantity import Unit

LONGEST_NAME = 120
MOST_GROUPS = 20
"""In so many groups a card may be."""
MOST_FIRST = 5_000
"""So many cards a new group may begin with; any others are added by a job."""


def name(text: str) -> str:
    """A group's name without needless spaces; raises `InvalidInput` when it is empty or too long."""
    words = " ".join(text.split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise InvalidInput("groups.name", field=("name",), most=LONGEST_NAME)
    return words


def refusal_to_add(path: str, group_path: str, *, is_in: bool, groups: int) -> DomainError | None:
    """Why a card that stands at `path` and is in so many groups can't join one of the account at `group_path`; null when it can."""
    if not path.startswith(group_path):
        return NotEligible("groups.elsewhere")
    if is_in:
        return AlreadyExists("groups.already_in")
    return LimitReached("groups.too_many") if groups >= MOST_GROUPS else None


def refusal_to_remove(*, is_in: bool) -> DomainError | None:
    """Why a card can't leave a group: it isn't in it."""
    return None if is_in else NotFound("groups.not_in")


MOST_POLICIES = 20
MOST_EMAILS = 5
LARGEST = 1_000_000_000_000
LAST_DAY = 29
"""The last day that every Jalali month has."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """Recharge a prepaid line by so many rials when its own money, or its data, falls below a trigger; once for each time it does."""

    trigger_below: int
    unit: Unit
    amount: int


@dataclass(frozen=True, slots=True)
class AutoPay:
    """Pay the bills of the accounts that lines stand under: on a day of the Jalali month, above a threshold in rials, or both."""

    day_of_month: int | None
    threshold: int | None


Rule = TopUp | AutoPay


def check_rule(rule: Rule) -> None:
    """Raises `InvalidInput` for a rule that can't be meant."""
    match rule:
        case TopUp(trigger_below, unit, amount):
            if unit not in (Unit.RIAL, Unit.BYTE) or not 0 < trigger_below < 1 << 62:
                raise InvalidInput("groups.trigger", field=("rule", "autoTopUp", "triggerBelow"))
            if not 0 < amount <= LARGEST:
                raise InvalidInput("groups.amount", field=("rule", "autoTopUp", "amount"), most=LARGEST)
        case AutoPay(day, threshold):
            if day is None and threshold is None:
                raise InvalidInput("groups.when", field=("rule", "autoPay"))
            if day is not None and not 1 <= day <= LAST_DAY:
                raise InvalidInput("groups.day", field=("rule", "autoPay", "dayOfMonth"), most=LAST_DAY)
            if threshold is not None and not 0 < threshold <= LARGEST:
                raise InvalidInput("groups.amount", field=("rule", "autoPay", "threshold"), most=LARGEST)


def crossings(is_below: bool, values: Iterable[int], trigger: int) -> tuple[int, bool]:
    """How often values, each after the one before, fell below a trigger, and whether the last one is below it."""
    count = 0
    for value in values:
        count += value < trigger and not is_below
        is_below = value < trigger
    return count, is_below
