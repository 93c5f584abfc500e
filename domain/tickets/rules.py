"""How a ticket moves: which side may move it where (SF-07), what a reply moves by itself, and when an answer is due (SF-06)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from domain.kernel.errors import InvalidInput, StateConflict
from domain.kernel.permissions import Role
from domain.tickets.states import TicketPriority, TicketState

LONGEST_TITLE = 200
LONGEST_TEXT = 4000
EXCERPT = 80
REOPENED_WITHIN = timedelta(days=7)
ANSWERED_WITHIN: Mapping[TicketPriority, timedelta] = {
    TicketPriority.LOW: timedelta(hours=72),
    TicketPriority.MEDIUM: timedelta(hours=24),
    TicketPriority.HIGH: timedelta(hours=4),
}
"""From opening, or from the customer's last word, by the clock: the desk works around it."""
ASSIGNABLE = frozenset({Role.SUPPORT, Role.OPERATOR_ADMIN})


class Side(StrEnum):
    """Whose move it is: the customer's people or the operator's."""

    COMPANY = "COMPANY"
    OPERATOR = "OPERATOR"


S = TicketState
MOVES: Mapping[Side, Mapping[TicketState, tuple[TicketState, ...]]] = {
    Side.OPERATOR: {
        S.ACKNOWLEDGED: (S.IN_PROGRESS, S.PENDING, S.RESOLVED),
        S.IN_PROGRESS: (S.PENDING, S.RESOLVED),
        S.PENDING: (S.IN_PROGRESS, S.RESOLVED),
        S.RESOLVED: (S.IN_PROGRESS, S.CLOSED),
        S.CLOSED: (),
    },
    Side.COMPANY: {
        S.ACKNOWLEDGED: (S.CLOSED,),
        S.IN_PROGRESS: (S.CLOSED,),
        S.PENDING: (S.IN_PROGRESS, S.CLOSED),
        S.RESOLVED: (S.IN_PROGRESS, S.CLOSED),
        S.CLOSED: (),
    },
}
"""Who may move a ticket from where to where; the customer withdraws, answers, accepts or reopens, the operator does the rest."""

SPOKEN: Mapping[Side, Mapping[TicketState, TicketState]] = {
    Side.OPERATOR: {S.ACKNOWLEDGED: S.IN_PROGRESS},
    Side.COMPANY: {S.PENDING: S.IN_PROGRESS, S.RESOLVED: S.IN_PROGRESS},
}
"""Where a message alone moves a ticket: the first answer takes it up, the customer's word brings it back to the desk."""


def next_states(side: Side, state: TicketState, since: datetime, at: datetime) -> Sequence[TicketState]:
    """States this side may move a ticket to now; `since` is when it came into its state."""
    return [wanted for wanted in MOVES[side][state] if not _is_too_late(side, state, wanted, since, at)]


def moved(
    side: Side, state: TicketState, since: datetime, at: datetime, *, wanted: TicketState | None, is_spoken: bool
) -> TicketState:
    """The state after a reply; raises `StateConflict` for a move that this side may not make now, and for any word on a closed ticket."""
    if state is S.CLOSED:
        raise StateConflict("ticket.closed", field=("ticketId",))
    after = wanted or (SPOKEN[side].get(state) if is_spoken else None) or state
    if after is state:
        return state
    if after not in MOVES[side][state]:
        raise StateConflict("ticket.move", field=("state",))
    if _is_too_late(side, state, after, since, at):
        raise StateConflict("ticket.reopen_late", field=("state",) if wanted else ("ticketId",), days=REOPENED_WITHIN.days)
    return after


def _is_too_late(side: Side, state: TicketState, wanted: TicketState, since: datetime, at: datetime) -> bool:
    return side is Side.COMPANY and state is S.RESOLVED and wanted is S.IN_PROGRESS and at >= since + REOPENED_WITHIN


def due_at(
    side: Side,
    before: TicketState | None,
    after: TicketState,
    priority: TicketPriority,
    *,
    due: datetime | None,
    is_spoken: bool,
    at: datetime,
) -> datetime | None:
    """When the operator's answer is due: counted anew from the customer's word and from coming back to the desk.

    Null while nobody waits for it; `before` is null on opening, `due` is what held until now.
    """
    if after in {S.PENDING, S.RESOLVED, S.CLOSED}:
        return None
    has_come_back = before in {None, S.PENDING, S.RESOLVED}
    is_asked = side is Side.COMPANY and is_spoken
    return at + ANSWERED_WITHIN[priority] if has_come_back or is_asked or due is None else due


def words(text: str, most: int, field: str) -> str:
    """Text without blanks around it; raises `InvalidInput` when empty or longer than `most` characters."""
    bare = text.strip()
    if not 1 <= len(bare) <= most:
        raise InvalidInput("ticket.words", field=(field,), most=most)
    return bare


def excerpt(text: str) -> str:
    """The beginning of a message, for plans and the audit trail, which don't keep the talk itself."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
