"""A tree in time as anybody would keep it: lists of decisions, walked up and counted anew at every question; no paths, no rows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

DEEPEST = 10
Decisions = list[tuple[datetime, UUID | None]]


def at(decisions: Decisions, instant: datetime) -> tuple[bool, UUID | None]:
    """Whether anything was decided by an instant, and what holds then."""
    known = [decided for since, decided in decisions if since <= instant]
    return bool(known), known[-1] if known else None


def decided(decisions: Decisions, instant: datetime, what: UUID | None) -> Decisions:
    """The decisions after one more, which gives up all that were for that instant or later; repetitions say nothing."""
    found: Decisions = []
    for since, one in [*((since, one) for since, one in decisions if since < instant), (instant, what)]:
        if not found or found[-1][1] != one:
            found.append((since, one))
    return found


@dataclass
class Naive:
    """What was decided about accounts, cards and managers, and what was recorded meanwhile."""

    hangs: dict[UUID, Decisions] = field(default_factory=dict)
    stands: dict[UUID, Decisions] = field(default_factory=dict)
    states: dict[UUID, list[tuple[datetime, str]]] = field(default_factory=dict)
    roles: list[tuple[UUID, UUID, datetime, datetime | None]] = field(default_factory=list)
    records: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    """Each record with the accounts it was made at or below."""

    def line(self, account: UUID | None, instant: datetime) -> Iterator[UUID]:
        """An account and all above it at an instant, upwards; for ever if they hang in a circle."""
        while account is not None:
            yield account
            _, account = at(self.hangs[account], instant)

    def above(self, account: UUID | None, instant: datetime) -> list[UUID]:
        """The same as a list; a circle is a bug."""
        found: list[UUID] = []
        for one in self.line(account, instant):
            assert one not in found
            found.append(one)
        return found

    def is_there(self, account: UUID, instant: datetime) -> bool:
        """Whether an account existed."""
        return at(self.hangs[account], instant)[0]

    def account_of(self, card: UUID, instant: datetime) -> UUID | None:
        """Under which account a card stood."""
        return at(self.stands[card], instant)[1]

    def counters(self, account: UUID, instant: datetime, *, is_deep: bool, within: frozenset[UUID] | None = None) -> Counter[str]:
        """Cards by status at or below an account; of those alone that are at or below one of some accounts."""
        found: Counter[str] = Counter()
        for card in self.stands:
            place = self.account_of(card, instant)
            status = [status for since, status in self.states[card] if since <= instant]
            line = self.above(place, instant) if place else []
            if status and (account in line if is_deep else place == account) and (within is None or within & set(line)):
                found[status[-1]] += 1
        return found

    def tops(self, person: UUID, instant: datetime) -> frozenset[UUID]:
        """The accounts that somebody manages at an instant."""
        held = (role for role in self.roles if role[0] == person and role[2] <= instant and (role[3] is None or instant < role[3]))
        return frozenset(account for _, account, _, _ in held)

    def move_account(self, account: UUID, parent: UUID, when: datetime, now: datetime) -> set[str]:
        """Decides, or says by what it may be refused."""
        decisions = self.hangs[account]
        if not self.is_there(account, when) or not self.is_there(parent, when):
            return {"not_there_yet"}
        if at(decisions, when)[1] is None:
            return {"top"}
        after = decided(decisions, when, parent)
        refusals = {"same_place"} if after == decisions else set()
        instants = {when, *(since for each in self.hangs.values() for since, _ in each if since > when)}
        for instant in instants:
            if any(one == account for one in self._bounded(parent, instant)):
                refusals.add("below_itself")
        if any(when <= since <= now for since, _ in decisions[1:]):
            refusals.add("moved_since")
        if refusals:
            return refusals
        self.hangs[account] = after
        instants |= {since for since, _ in after if since >= when}
        if any(
            len(self.above(one, instant)) > DEEPEST + 1
            for instant in instants for one in self.hangs if self.is_there(one, instant) and account in self.above(one, instant)
        ):  # fmt: skip
            self.hangs[account] = decisions
            return {"too_deep"}
        return set()

    def _bounded(self, account: UUID, instant: datetime) -> Iterator[UUID]:
        for _, one in zip(range(len(self.hangs) + 1), self.line(account, instant), strict=False):
            yield one

    def move_card(self, card: UUID, account: UUID, when: datetime, now: datetime) -> set[str]:
        """Decides, or says by what it may be refused."""
        decisions = self.stands[card]
        if not self.is_there(account, when) or not at(decisions, when)[0]:
            return {"not_there_yet"}
        if any(when <= since <= now for since, _ in decisions):
            return {"moved_since"}
        after = decided(decisions, when, account)
        if after == decisions:
            return {"same_account"}
        self.stands[card] = after
        return set()
