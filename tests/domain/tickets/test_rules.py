"""The rules of tickets: who moves them where, what a word moves, when an answer is due."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidInput, StateConflict
from domain.kernel.ids import Kind
from domain.kernel.locale import Locale
from domain.kernel.scope import CONSOLE, SYSTEM, ActorRef
from domain.kernel.text import fold
from domain.tickets import rules
from domain.tickets.desk import DESK
from domain.tickets.rules import TRANSITIONS, Guard, Side, Transition
from domain.tickets.states import TicketPriority, TicketState
from tests.world import NOW

S = TicketState
SIDES, STATES = list(Side), list(TicketState)
CLOSES = DESK.closes_at(NOW)
SOMEBODY = UUID(int=7)
JUST_BEFORE = CLOSES - timedelta(microseconds=1)


def row(side: Side, state: TicketState, wanted: TicketState) -> Transition | None:
    """What the table says of a move."""
    return next((move for move in TRANSITIONS if (move.by, move.before, move.after) == (side, state, wanted)), None)


@pytest.mark.parametrize("at", [JUST_BEFORE, CLOSES])
@pytest.mark.parametrize(("side", "state", "wanted"), list(product(SIDES, STATES, STATES)))
def test_a_move_is_allowed_exactly_where_the_table_has_it(side: Side, state: TicketState, wanted: TicketState, at: datetime) -> None:
    closes = CLOSES if state is S.RESOLVED else None
    move = row(side, state, wanted)
    is_allowed = move is not None and (move.guard is None or (at >= CLOSES) == (move.guard is Guard.TIME_OVER))

    offered = rules.next_states(side, state, closes, at)

    assert (wanted in offered) == is_allowed
    if is_allowed or (wanted is state and state is not S.CLOSED):
        assert rules.moved(side, state, closes, at, wanted=wanted, is_spoken=False) is wanted
    else:
        with pytest.raises(StateConflict):
            rules.moved(side, state, closes, at, wanted=wanted, is_spoken=False)


def test_the_table_names_each_move_once_and_one_word_moves_to_one_place() -> None:
    moves = [(move.by, move.before, move.after) for move in TRANSITIONS]
    spoken = [(move.by, move.before) for move in TRANSITIONS if move.is_spoken]

    assert len(set(moves)) == len(moves) and len(set(spoken)) == len(spoken)


def test_only_support_resolves_nobody_leaves_closed_and_the_system_only_closes() -> None:
    assert {move.by for move in TRANSITIONS if move.after is S.RESOLVED} == {Side.OPERATOR}
    assert not any(move.before is S.CLOSED for move in TRANSITIONS)
    assert [(move.before, move.after) for move in TRANSITIONS if move.by is Side.SYSTEM] == [(S.RESOLVED, S.CLOSED)]


def test_from_every_state_there_is_a_way_to_closed() -> None:
    reached = {S.CLOSED}
    for _ in STATES:
        reached |= {move.before for move in TRANSITIONS if move.after in reached}

    assert reached == set(STATES)


@pytest.mark.parametrize(
    ("side", "state", "after"),
    [
        (Side.OPERATOR, S.ACKNOWLEDGED, S.IN_PROGRESS),
        (Side.OPERATOR, S.PENDING, S.PENDING),
        (Side.COMPANY, S.ACKNOWLEDGED, S.ACKNOWLEDGED),
        (Side.COMPANY, S.PENDING, S.IN_PROGRESS),
        (Side.COMPANY, S.RESOLVED, S.IN_PROGRESS),
    ],
)
def test_a_word_alone_moves_it(side: Side, state: TicketState, after: TicketState) -> None:
    assert rules.moved(side, state, CLOSES, NOW, wanted=None, is_spoken=True) is after
    assert rules.moved(side, state, CLOSES, NOW, wanted=None, is_spoken=False) is state


@pytest.mark.parametrize("is_spoken", [True, False])
def test_the_customer_reopens_until_it_closes_by_itself(is_spoken: bool) -> None:
    wanted = None if is_spoken else S.IN_PROGRESS

    assert rules.moved(Side.COMPANY, S.RESOLVED, CLOSES, JUST_BEFORE, wanted=wanted, is_spoken=is_spoken) is S.IN_PROGRESS
    with pytest.raises(StateConflict) as late:
        rules.moved(Side.COMPANY, S.RESOLVED, CLOSES, CLOSES, wanted=wanted, is_spoken=is_spoken)
    assert late.value.message_key == "ticket.reopen_late"
    assert rules.next_states(Side.COMPANY, S.RESOLVED, CLOSES, CLOSES) == [S.CLOSED]
    assert S.IN_PROGRESS in rules.next_states(Side.OPERATOR, S.RESOLVED, CLOSES, CLOSES)


def test_roles_of_the_flow() -> None:
    manager = ActorRef(SOMEBODY, "Sara")

    assert [rules.side_of(actor) for actor in (SYSTEM, CONSOLE, manager)] == [Side.SYSTEM, Side.OPERATOR, Side.COMPANY]


@given(
    st.sampled_from(SIDES), st.one_of(st.none(), st.sampled_from(STATES)), st.sampled_from(STATES), st.sampled_from(list(TicketPriority)),
    st.sampled_from(list(DESK.departments)), st.one_of(st.none(), st.timedeltas(timedelta(days=-9), timedelta(days=9)).map(lambda span: NOW + span)),
    st.booleans(),
)  # fmt: skip
def test_an_answer_is_due_just_while_the_desk_is_asked(
    side: Side, before: TicketState | None, after: TicketState, priority: TicketPriority, department: str, due: datetime | None, is_spoken: bool
) -> None:
    found = rules.due_at(side, before, after, priority, department=department, due=due, is_spoken=is_spoken, at=NOW)

    assert (found is None) == (after in {S.PENDING, S.RESOLVED, S.CLOSED})
    assert found in {None, due, DESK.due_at(department, priority, NOW)}


def test_it_closes_some_working_days_after_the_answer_and_a_second_answer_puts_it_off_no_further() -> None:
    assert datetime(2026, 11, 26, 9, 30, tzinfo=UTC) == CLOSES  # Thursday, at the end of the short day
    assert rules.closes_at(S.IN_PROGRESS, S.RESOLVED, closes=None, at=NOW) == CLOSES
    assert rules.closes_at(S.RESOLVED, S.RESOLVED, closes=CLOSES, at=CLOSES - timedelta(hours=1)) == CLOSES
    assert rules.closes_at(S.RESOLVED, S.IN_PROGRESS, closes=CLOSES, at=NOW) is None


def test_every_kind_of_thing_has_one_department() -> None:
    for kind in Kind:
        assert sum(kind in one.about for one in DESK.departments.values()) <= 1
        assert DESK.department(kind).name in DESK.departments
    assert (DESK.department(Kind.SIM).name, DESK.department(Kind.ORDER).name, DESK.department(None).name) == ("network", "billing", "customers")


def test_what_a_search_looks_through() -> None:
    search = rules.searched(rules.search_text("TK-1405-00001", "No signal", "network", "Since ۱۲ o'clock"), "كاری شد")

    for wanted in ("tk-1405-00001", "no SIGNAL", *(DESK.departments["network"].title(locale) for locale in Locale), "since 12", "کاري شد"):
        assert fold(wanted) in search
    assert len(rules.searched(search, "x" * 30_000)) == rules.LONGEST_SEARCHED


def test_words() -> None:
    assert rules.words("  No signal ", 20, "title") == "No signal"
    for bad in ("", "   ", "x" * 21):
        with pytest.raises(InvalidInput):
            rules.words(bad, 20, "title")
    assert len(rules.excerpt("word " * 100)) <= rules.EXCERPT
