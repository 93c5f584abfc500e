"""Who has to approve which amount, what a budget still allows, and which threshold is reached."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput
from domain.kernel.permissions import Role

MOST_BANDS = 50
MOST_THRESHOLDS = 5
MOST_APPROVERS = 20
LONGEST_NOTE = 500
LONGEST_STAND_IN = timedelta(days=366)
ANSWER_WITHIN = timedelta(days=3)
"""How long an approval waits unless what it is about can't (SF-06)."""
DECIDERS = frozenset({Role.PROFILE_MANAGER, Role.ACCOUNT_MANAGER})
"""Roles that hold `approval:decide`; a test compares them with the table of rights."""


@dataclass(frozen=True, slots=True)
class Manager:
    """A role that somebody holds now: over everything below `path`."""

    person_id: UUID
    path: str
    is_of_all: bool


@dataclass(frozen=True, slots=True)
class Band:
    """From this amount on this person approves, for everything below `path` that has no bands of its own."""

    path: str
    from_amount: int
    approver_id: UUID


@dataclass(frozen=True, slots=True)
class Authority:
    """Who could decide in an organization at one instant: its managers, and who stands in for whom."""

    managers: Sequence[Manager]
    stand_ins: Sequence[tuple[UUID, UUID]] = ()

    def covers(self, person_id: UUID, path: str) -> bool:
        """Whether somebody manages a place."""
        return any(one.person_id == person_id and path.startswith(one.path) for one in self.managers)

    def may_answer(self, person_id: UUID, path: str, requester_id: UUID | None) -> bool:
        """Whether somebody may answer for a place what another asked: nobody decides their own."""
        return person_id != requester_id and self.covers(person_id, path)

    def with_stand_ins(self, asked: Iterable[UUID], path: str, requester_id: UUID | None) -> list[UUID]:
        """Those asked, then whoever stands in for one of them now and manages the place too."""
        first = list(dict.fromkeys(asked))
        seconds = (to for one in first for giver, to in self.stand_ins if giver == one)
        return list(dict.fromkeys([*first, *(to for to in seconds if self.may_answer(to, path, requester_id))]))[:MOST_APPROVERS]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be approved: so much at a place, asked by somebody; `over` are the places of budgets that it passes."""

    path: str
    amount: int
    requester_id: UUID | None
    is_over_band: bool
    over: Sequence[str] = ()


def effective(bands: Sequence[Band], path: str) -> list[Band]:
    """The bands that hold at a place, those of the nearest account upwards that has any, by amount."""
    above = [band for band in bands if path.startswith(band.path)]
    nearest = max((len(band.path) for band in above), default=0)
    return sorted((band for band in above if len(band.path) == nearest), key=lambda band: band.from_amount)


def band_of(bands: Sequence[Band], path: str, amount: int) -> Band | None:
    """The band that an amount spent at a place falls into; null when nobody has to approve it."""
    reached = [band for band in effective(bands, path) if band.from_amount <= amount]
    return reached[-1] if reached else None


def asked_of(question: Question, bands: Sequence[Band], authority: Authority) -> list[UUID]:
    """Whose answer a question waits for, stand-ins apart; nobody when there is nobody who could.

    One answer meets every need: of the amount, that of its band's approver, or of a higher band's when they left, lost the place or
    ask themselves; of each budget passed, that of whoever manages its account, the nearest upwards. Where no one person may answer all,
    or none is left, it is the profile managers'.
    """
    needs = [_for_budget(place, question, authority) for place in question.over]
    if question.is_over_band:
        needs.append(_for_amount(question, bands, authority))
    common = [person for person in needs[0] if all(person in need for need in needs)] if needs else []
    return common or _of_all(question, authority)


def _for_amount(question: Question, bands: Sequence[Band], authority: Authority) -> list[UUID]:
    """The approver of the band, else of the next higher one."""
    holding = effective(bands, question.path)
    reached = [band for band in holding if band.from_amount <= question.amount][-1:]
    higher = [band for band in holding if band.from_amount > question.amount]
    for band in reached + higher:
        if authority.may_answer(band.approver_id, question.path, question.requester_id):
            return [band.approver_id]
    return _of_all(question, authority)


def _for_budget(place: str, question: Question, authority: Authority) -> list[UUID]:
    """Who manages the budget's account, or the nearest one above it that anybody else manages; each of them covers the question's place."""
    above = [one for one in authority.managers if place.startswith(one.path) and one.person_id != question.requester_id]
    nearest = max((len(one.path) for one in above), default=0)
    return list(dict.fromkeys(one.person_id for one in above if len(one.path) == nearest))


def _of_all(question: Question, authority: Authority) -> list[UUID]:
    return list(dict.fromkeys(one.person_id for one in authority.managers if one.is_of_all and one.person_id != question.requester_id))


def used_percent(used: int, amount: int) -> int:
    """How much of a budget is used, in whole percent, rounded down; a budget of nothing is used up."""
    return used * 100 // amount if amount else 100


def reached(thresholds: Iterable[int], used: int, amount: int | None) -> int:
    """The highest threshold that is reached, 0 for none."""
    if amount is None:
        return 0
    return max((bound for bound in thresholds if used * 100 >= bound * amount), default=0)


def budget_id(subject_id: UUID, month: str) -> UUID:
    """The id of a budget: the same for whoever makes its row first."""
    return uuid5(subject_id, f"budget {month}")


def check_budget(month: JalaliMonth, limit: int | None, thresholds: Sequence[int], *, at: datetime) -> None:
    """Raises `InvalidInput` for a month that is over, an amount below nothing, and other than 0–5 rising percents from 1 to 1,000."""
    if month < JalaliMonth.of(at):
        raise InvalidInput("approvals.month_over", field=("month",))
    if limit is not None and limit < 0:
        raise InvalidInput("approvals.limit", field=("limit", "amount"))
    is_rising = list(thresholds) == sorted(set(thresholds))
    if len(thresholds) > MOST_THRESHOLDS or not is_rising or any(not 1 <= bound <= 1000 for bound in thresholds):
        raise InvalidInput("approvals.thresholds", field=("thresholds",), most=MOST_THRESHOLDS)


def check_bands(from_amounts: Sequence[int]) -> None:
    """Raises `InvalidInput` for more than 50 bands, one below nothing, and two from the same amount."""
    if len(from_amounts) > MOST_BANDS:
        raise InvalidInput("approvals.bands", field=("bands",), most=MOST_BANDS)
    if len(set(from_amounts)) < len(from_amounts) or any(amount < 0 for amount in from_amounts):
        raise InvalidInput("approvals.band_amounts", field=("bands",))


def check_stand_in(begins: datetime, ends: datetime | None, *, at: datetime) -> datetime:
    """The end of a stand-in's time; raises `InvalidInput` unless it begins now or later and ends within a year after that."""
    if ends is None or begins < at or not begins < ends <= begins + LONGEST_STAND_IN:
        raise InvalidInput("approvals.stand_in_period", field=("validFor",), days=LONGEST_STAND_IN.days)
    return ends


def check_note(note: str | None) -> str | None:
    """The note without the space around it, null for none; raises `InvalidInput` for one over 500 characters."""
    said = (note or "").strip()
    if len(said) > LONGEST_NOTE:
        raise InvalidInput("error.too_long", field=("note",), most=LONGEST_NOTE)
    return said or None


def prefixes(path: str) -> list[str]:
    """The paths of a place and of all above it, the top first."""
    segments = path.split(".")[:-1]
    return ["".join(f"{segment}." for segment in segments[: depth + 1]) for depth in range(len(segments))]


def shares(amounts: Iterable[tuple[UUID | None, int]]) -> Mapping[UUID, int]:
    """What falls on each cost centre."""
    found: dict[UUID, int] = {}
    for centre, amount in amounts:
        if centre is not None:
            found[centre] = found.get(centre, 0) + amount
    return found
