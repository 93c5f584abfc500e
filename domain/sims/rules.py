"""Which changes of state a SIM card allows, to whom, and what each leaves behind: one small table, pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.kernel.errors import InvalidInput, NotEligible, StateConflict
from domain.kernel.permissions import Permission
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason

OPERATOR_REASONS = frozenset({SimStatusReason.UNPAID})
CHOSEN_REASONS = frozenset({SimStatusReason.LOST, SimStatusReason.REQUEST, SimStatusReason.FRAUD})
REPLACED_FOR = frozenset({SimStatusReason.LOST, SimStatusReason.REQUEST})
MOST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a card with everything that belongs to it; `has_number` is false on a spare card."""

    status: SimStatus
    reason: SimStatusReason | None = None
    barring: Barring = Barring.NONE
    barred_by: BarredBy | None = None
    resumes_at: datetime | None = None
    has_number: bool = True


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as it is asked for; with `until` it is a suspension that ends by itself."""

    reason: SimStatusReason
    barring: Barring = Barring.ALL
    until: datetime | None = None


def acting(*, is_operator: bool) -> BarredBy:
    """On whose behalf a person bars."""
    return BarredBy.OPERATOR if is_operator else BarredBy.COMPANY


def check_bar(bar: Bar, by: BarredBy, *, at: datetime) -> None:
    """Raises `InvalidInput` for a bar that nobody, or not this one, may ask for."""
    if bar.reason not in (CHOSEN_REASONS | OPERATOR_REASONS if by is BarredBy.OPERATOR else CHOSEN_REASONS):
        raise InvalidInput("sims.reason", field=("reason",))
    if bar.barring is Barring.NONE:
        raise InvalidInput("sims.barring", field=("barring",))
    if bar.until is not None and bar.until <= at:
        raise InvalidInput("sims.until", field=("until",))


def check_note(note: str | None) -> None:
    """Raises `InvalidInput` for a note longer than 500 characters."""
    if note is not None and len(note) > MOST_NOTE:
        raise InvalidInput("sims.note", field=("note",), most=MOST_NOTE)


def require_life(now: Standing) -> None:
    """Raises `StateConflict` for a card whose life is over."""
    if now.status is SimStatus.TERMINATED:
        raise StateConflict("sims.not_in_use")


def bound(now: Standing, seen: str | None, locked: str | None) -> Standing:
    """A card tied to the device `locked`, or freed by null: in the wrong device it stops working, in the right one it works again."""
    require_life(now)
    is_wrong = locked is not None and seen is not None and locked != seen
    if is_wrong and now.status is SimStatus.ACTIVE:
        return replace(
            now, status=SimStatus.IMEI_MISMATCH, reason=SimStatusReason.POLICY, barring=Barring.ALL, barred_by=BarredBy.SYSTEM
        )
    if not is_wrong and now.status is SimStatus.IMEI_MISMATCH:
        return Standing(SimStatus.ACTIVE, has_number=now.has_number)
    return now


def replaced(line: Standing, spare: Standing, reason: SimStatusReason) -> tuple[Standing, Standing]:
    """The line on its new card, and the card it leaves: a bar that the company set for the loss ends with it."""
    if reason not in REPLACED_FOR:
        raise InvalidInput("sims.reason", field=("reason",))
    if line.status in (SimStatus.READY_TO_ACTIVATE, SimStatus.TERMINATED) or not line.has_number:
        raise StateConflict("sims.not_in_use", field=("simId",))
    if spare.status is not SimStatus.READY_TO_ACTIVATE or spare.has_number:
        raise StateConflict("sims.not_spare", field=("spareSimId",))
    is_found = line.barred_by is BarredBy.COMPANY and line.reason is SimStatusReason.LOST
    after = Standing(SimStatus.ACTIVE) if is_found else line
    return after, Standing(SimStatus.TERMINATED, reason, has_number=False)


def activate(now: Standing) -> Standing:
    """A delivered card with a number begins to work."""
    if now.status is not SimStatus.READY_TO_ACTIVATE:
        raise StateConflict("sims.not_ready")
    if not now.has_number:
        raise NotEligible("sims.no_number")
    return Standing(SimStatus.ACTIVE)


def block(now: Standing, bar: Bar, by: BarredBy) -> Standing:
    """BLOCKED, or SUSPENDED when an end is given; a company may change its own bar, the operator anybody's but the system's."""
    if now.status in (SimStatus.READY_TO_ACTIVATE, SimStatus.TERMINATED):
        raise StateConflict("sims.not_in_use")
    _require_own(now, by)
    status = SimStatus.BLOCKED if bar.until is None else SimStatus.SUSPENDED
    after = Standing(status, bar.reason, bar.barring, by, bar.until, now.has_number)
    if after == now:
        raise StateConflict("sims.barred_already")
    return after


def unblock(now: Standing, by: BarredBy) -> Standing:
    """Lifts a bar: a company its own only, the operator also a company's."""
    if now.barred_by is None:
        raise StateConflict("sims.not_barred")
    _require_own(now, by)
    return Standing(SimStatus.ACTIVE, has_number=now.has_number)


def resume(now: Standing) -> Standing:
    """A suspension ends by itself."""
    if now.status is not SimStatus.SUSPENDED:
        raise StateConflict("sims.not_barred")
    return Standing(SimStatus.ACTIVE, has_number=now.has_number)


def rights(now: Standing, by: BarredBy) -> frozenset[Permission]:
    """Rights that concern one card and that its state lets somebody use now, whoever holds them."""
    lives = now.status is not SimStatus.TERMINATED
    is_new = now.status is SimStatus.READY_TO_ACTIVATE
    usable = {
        Permission.SIM_READ: True,
        Permission.USAGE_READ: True,
        Permission.WALLET_READ: True,
        Permission.AUDIT_READ: True,
        Permission.SIM_ACTIVATE: is_new and now.has_number,
        Permission.SIM_BLOCK: lives and not is_new and _refusal(now, by) is None,
        Permission.SIM_MOVE: lives,
        Permission.SIM_EDIT: lives,
        Permission.SIM_LOCK: lives,
        Permission.SIM_REPLACE: lives and not is_new and now.has_number,
        Permission.PUK_REVEAL: lives,
        Permission.ORDER_PLACE: now.status in (SimStatus.ACTIVE, SimStatus.CAP_EXCEEDED),
    }
    return frozenset(permission for permission, is_usable in usable.items() if is_usable)


def _refusal(now: Standing, by: BarredBy) -> NotEligible | None:
    """Nobody lifts or changes a bar of the system, and no company one of the operator."""
    if now.barred_by is BarredBy.SYSTEM:
        return NotEligible("sims.barred_by_system")
    if now.barred_by is BarredBy.OPERATOR and by is not BarredBy.OPERATOR:
        return NotEligible("sims.barred_by_operator")
    return None


def _require_own(now: Standing, by: BarredBy) -> None:
    if (refusal := _refusal(now, by)) is not None:
        raise refusal
