"""When something may move, and what becomes of the stays of everything below it; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from domain.accounts.tree import last_segment
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput, NotEligible, StateConflict

FURTHEST = timedelta(days=366)
"""How far ahead a move may be planned."""
DEEPEST = 10
"""The most steps from the top of a tree to an account."""
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Stay:
    """Where an account hangs from one instant to another, half-open; without an end for as long as nothing else is decided.

    `id` is that of the row that says so, none while there is none.
    """

    account_id: UUID
    parent_id: UUID | None
    path: str
    depth: int
    begins: datetime
    ends: datetime | None = None
    id: UUID | None = field(default=None, compare=False)

    def holds_at(self, at: datetime) -> bool:
        """Whether it is this one at an instant."""
        return self.begins <= at and (self.ends is None or self.ends > at)


@dataclass(frozen=True, slots=True)
class Rehung:
    """What changes when an account hangs elsewhere: all stays as they are to be, where it hung until then, and plans that are given up."""

    stays: Sequence[Stay]
    before: Stay
    given_up: Sequence[Stay]


@dataclass(frozen=True, slots=True)
class Placed:
    """A card's stay under an account, by the id of its row."""

    id: UUID
    account_id: UUID
    begins: datetime
    ends: datetime | None


def instant(effective_at: datetime | None, *, at: datetime) -> datetime:
    """From when a move holds: now, up to a year ahead, or back to the first instant of the running Jalali month, whose bills are open."""
    when = effective_at or at
    if when > at + FURTHEST:
        raise InvalidInput("hierarchy.too_far", field=("effectiveAt",), days=FURTHEST.days)
    if when < JalaliMonth.of(at).starts_at:
        raise InvalidInput("hierarchy.closed_month", field=("effectiveAt",))
    return when


def name(text: str) -> str:
    """A name without needless spaces; raises `InvalidInput` when it is empty or too long."""
    words = " ".join(text.split())
    if not 1 <= len(words) <= LONGEST_NAME:
        raise InvalidInput("hierarchy.name", field=("name",), most=LONGEST_NAME)
    return words


def check_depth(depth: int) -> None:
    """Raises `NotEligible` for a place too far below the top."""
    if depth > DEEPEST:
        raise NotEligible("hierarchy.too_deep", field=("parentId",), most=DEEPEST)


def rehang(own: Sequence[Stay], below: Sequence[Stay], parent: Sequence[Stay], *, when: datetime, at: datetime) -> Rehung:
    """Hangs an account under another from an instant on, with everything below it, whatever is planned for either of them.

    `own` are the stays of the account that end at the instant or later, `below` those that end later of the account and of whatever is
    under it then or later, `parent` those of the account above. Raises `StateConflict` where one wasn't there yet, moved since, or is
    under that parent anyway; `NotEligible` for the top, for a place below itself and for one too deep.
    """
    here, above = _stay_at(own, when, "accountId"), [stay for stay in parent if stay.ends is None or stay.ends > when]
    parent_id, segment = _stay_at(above, when, "parentId").account_id, last_segment(here.path)
    if here.parent_id is None:
        raise NotEligible("hierarchy.top", field=("accountId",))
    if any(segment in stay.path for stay in above):
        raise NotEligible("hierarchy.below_itself", field=("parentId",))
    given_up = [stay for before, stay in pairwise(own) if stay.begins >= when and stay.parent_id != before.parent_id]
    before = own[0] if here in given_up else here
    if before.parent_id == parent_id and not given_up:
        raise StateConflict("hierarchy.same_place", field=("parentId",))
    if any(stay.begins <= at for stay in given_up):  # a decision about the past takes back no other
        raise StateConflict("hierarchy.moved_since", field=("effectiveAt",))
    kept = [replace(stay, ends=when) for stay in below if stay.begins < when]
    stays = _merged([*kept, *_followed(here.account_id, segment, below, above, when)])
    check_depth(max(stay.depth for stay in stays))
    return Rehung(stays, before, given_up)


def place(stays: Sequence[Placed], account_id: UUID, *, when: datetime, at: datetime) -> tuple[Placed | None, Sequence[Placed]]:
    """Stands a card elsewhere from an instant on: the stay that this ends, and those planned from then on that are given up.

    `stays` are those that end after the instant. Raises `StateConflict` where the card wasn't there yet, moved since, or stands there
    anyway.
    """
    if not stays or stays[0].begins > when:
        raise StateConflict("hierarchy.not_there_yet", field=("effectiveAt", "sims"))
    if any(when <= stay.begins <= at or (stay.ends is not None and when < stay.ends <= at) for stay in stays):
        raise StateConflict("hierarchy.moved_since", field=("effectiveAt",))
    if len(stays) == 1 and stays[0].account_id == account_id:
        raise StateConflict("hierarchy.same_account", field=("accountId",))
    return (stays[0], stays[1:]) if stays[0].begins < when else (None, stays)


def _stay_at(stays: Sequence[Stay], when: datetime, field: str) -> Stay:
    found = next((stay for stay in stays if stay.holds_at(when)), None)
    if found is None:
        raise StateConflict("hierarchy.not_there_yet", field=("effectiveAt", field))
    return found


def _followed(
    moved_id: UUID, segment: str, below: Iterable[Stay], parent: Iterable[Stay], since: datetime
) -> Iterator[Stay]:
    """Stays as they are while they follow a parent wherever that goes."""
    above = list(parent)
    for stay in below:
        tail = stay.path[stay.path.index(segment) :]
        for other in above:
            begins = max(since, stay.begins, other.begins)
            ends = min((end for end in (stay.ends, other.ends) if end is not None), default=None)
            if ends is None or begins < ends:
                path = other.path + tail
                parent_id = other.account_id if stay.account_id == moved_id else stay.parent_id
                yield Stay(stay.account_id, parent_id, path, path.count(".") - 1, begins, ends)


def _merged(stays: Iterable[Stay]) -> list[Stay]:
    """Stays in order of account and time, those that follow each other at the same place made one."""
    found: list[Stay] = []
    for stay in sorted(stays, key=lambda stay: (stay.account_id, stay.begins)):
        last = found[-1] if found else None
        if last and (last.account_id, last.parent_id, last.path, last.ends) == (stay.account_id, stay.parent_id, stay.path, stay.begins):
            found[-1] = replace(last, ends=stay.ends)
        else:
            found.append(stay)
    return found
