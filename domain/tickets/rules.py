"""How a ticket moves: the one table of who may move it where (SF-01, SF-07), what a word moves by itself, when an answer is due (SF-06)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.kernel.errors import InvalidInput, StateConflict
from domain.kernel.locale import Locale
from domain.kernel.permissions import Role
from domain.kernel.scope import SYSTEM, ActorRef
from domain.kernel.text import fold
from domain.tickets.desk import DESK
from domain.tickets.states import TicketPriority, TicketState

LONGEST_TITLE = 200
LONGEST_TEXT = 4000
LONGEST_SEARCHED = 20_000
"""Characters of a ticket's talk that a search looks through, the first ones."""
MOST_FILES = 10
EXCERPT = 80
ASSIGNABLE = frozenset({Role.SUPPORT, Role.OPERATOR_ADMIN})


class Side(StrEnum):
    """The roles of the flow: the customer's people, the operator's, and the system when a time is over."""

    COMPANY = "COMPANY"
    OPERATOR = "OPERATOR"
    SYSTEM = "SYSTEM"


class Guard(StrEnum):
    """What has to hold besides: a ticket was answered so long ago that it closes by itself, or not yet."""

    IN_TIME = "IN_TIME"
    TIME_OVER = "TIME_OVER"


@dataclass(frozen=True, slots=True)
class Transition:
    """A move of the flow: who may make it, under what guard, and whether their word alone makes it."""

    before: TicketState
    after: TicketState
    by: Side
    is_spoken: bool = False
    guard: Guard | None = None


S, COMPANY, OPERATOR = TicketState, Side.COMPANY, Side.OPERATOR
TRANSITIONS: Sequence[Transition] = (
    Transition(S.ACKNOWLEDGED, S.IN_PROGRESS, OPERATOR, is_spoken=True),
    Transition(S.ACKNOWLEDGED, S.PENDING, OPERATOR),
    Transition(S.ACKNOWLEDGED, S.RESOLVED, OPERATOR),
    Transition(S.ACKNOWLEDGED, S.CLOSED, COMPANY),
    Transition(S.IN_PROGRESS, S.PENDING, OPERATOR),
    Transition(S.IN_PROGRESS, S.RESOLVED, OPERATOR),
    Transition(S.IN_PROGRESS, S.CLOSED, COMPANY),
    Transition(S.PENDING, S.IN_PROGRESS, OPERATOR),
    Transition(S.PENDING, S.IN_PROGRESS, COMPANY, is_spoken=True),
    Transition(S.PENDING, S.RESOLVED, OPERATOR),
    Transition(S.PENDING, S.CLOSED, COMPANY),
    Transition(S.RESOLVED, S.IN_PROGRESS, OPERATOR),
    Transition(S.RESOLVED, S.IN_PROGRESS, COMPANY, is_spoken=True, guard=Guard.IN_TIME),
    Transition(S.RESOLVED, S.CLOSED, OPERATOR),
    Transition(S.RESOLVED, S.CLOSED, COMPANY),
    Transition(S.RESOLVED, S.CLOSED, Side.SYSTEM, guard=Guard.TIME_OVER),
)
"""The customer withdraws, answers, accepts or reopens, the operator does the rest; nobody leaves CLOSED."""


def side_of(actor: ActorRef) -> Side:
    """Which role of the flow somebody has."""
    return Side.OPERATOR if actor.is_operator else Side.SYSTEM if actor.id == SYSTEM.id else Side.COMPANY


def next_states(side: Side, state: TicketState, closes_at: datetime | None, at: datetime) -> list[TicketState]:
    """States this side may move a ticket to now; `closes_at` is when it closes by itself, null while it isn't answered."""
    return [move.after for move in _moves(side, state) if _holds(move.guard, closes_at, at)]


def moved(
    side: Side, state: TicketState, closes_at: datetime | None, at: datetime, *, wanted: TicketState | None, is_spoken: bool
) -> TicketState:
    """The state after a reply; raises `StateConflict` for a move that this side may not make now, and for any word on a closed ticket."""
    if state is S.CLOSED:
        raise StateConflict("ticket.closed", field=("ticketId",))
    if wanted is state:
        return state
    fitting = (move for move in _moves(side, state) if (move.after is wanted if wanted else is_spoken and move.is_spoken))
    move = next(fitting, None)
    if move is None and wanted is not None:
        raise StateConflict("ticket.move", field=("state",))
    if move is None:
        return state
    if not _holds(move.guard, closes_at, at):
        raise StateConflict("ticket.reopen_late", field=("state",) if wanted else ("ticketId",), days=DESK.closes_after)
    return move.after


def _moves(side: Side, state: TicketState) -> Iterable[Transition]:
    return (move for move in TRANSITIONS if move.by is side and move.before is state)


def _holds(guard: Guard | None, closes_at: datetime | None, at: datetime) -> bool:
    is_over = closes_at is not None and at >= closes_at
    return guard is None or is_over == (guard is Guard.TIME_OVER)


def due_at(
    side: Side,
    before: TicketState | None,
    after: TicketState,
    priority: TicketPriority,
    *,
    department: str,
    due: datetime | None,
    is_spoken: bool,
    at: datetime,
) -> datetime | None:
    """When the operator's answer is due: counted anew from the customer's word and from coming back to the desk, in its working hours.

    Null while nobody waits for it; `before` is null on opening, `due` is what held until now.
    """
    if after in {S.PENDING, S.RESOLVED, S.CLOSED}:
        return None
    has_come_back = before in {None, S.PENDING, S.RESOLVED}
    is_asked = side is Side.COMPANY and is_spoken
    return DESK.due_at(department, priority, at) if has_come_back or is_asked or due is None else due


def closes_at(before: TicketState | None, after: TicketState, *, closes: datetime | None, at: datetime) -> datetime | None:
    """When it closes by itself: counted from the answer, null in any other state; `closes` is what held until now."""
    if after is not S.RESOLVED:
        return None
    return closes if before is after else DESK.closes_at(at)


def search_text(number: str, title: str, department: str, text: str) -> str:
    """What a search looks through: number, subject, the department in all languages and the first message."""
    names = (DESK.departments[department].title(locale) for locale in Locale)
    return "|".join(map(fold, (number, title, *dict.fromkeys(names), text)))[:LONGEST_SEARCHED]


def searched(search: str, text: str) -> str:
    """The same with one more message."""
    return f"{search}|{fold(text)}"[:LONGEST_SEARCHED]


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
