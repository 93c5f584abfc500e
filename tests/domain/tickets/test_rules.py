"""The rules of tickets: who moves them where, what a word moves, when an answer is due."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidInput, StateConflict
from domain.tickets import rules
from domain.tickets.rules import ANSWERED_WITHIN, MOVES, REOPENED_WITHIN, Side
from domain.tickets.states import TicketPriority, TicketState
from tests.world import NOW

S = TicketState
SIDES, STATES = list(Side), list(TicketState)


@pytest.mark.parametrize(("side", "state", "wanted"), list(product(SIDES, STATES, STATES)))
def test_a_move_is_allowed_exactly_where_the_table_has_it(side: Side, state: TicketState, wanted: TicketState) -> None:
    offered = rules.next_states(side, state, NOW, NOW)

    if state is S.CLOSED or (wanted is not state and wanted not in MOVES[side][state]):
        with pytest.raises(StateConflict):
            rules.moved(side, state, NOW, NOW, wanted=wanted, is_spoken=False)
        assert wanted not in offered
    else:
        assert rules.moved(side, state, NOW, NOW, wanted=wanted, is_spoken=False) is wanted
        assert (wanted in offered) == (wanted is not state)


def test_only_support_resolves_and_nobody_leaves_closed() -> None:
    assert not any(S.RESOLVED in moves for moves in MOVES[Side.COMPANY].values())
    assert all(MOVES[side][S.CLOSED] == () for side in SIDES)


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
    assert rules.moved(side, state, NOW, NOW, wanted=None, is_spoken=True) is after
    assert rules.moved(side, state, NOW, NOW, wanted=None, is_spoken=False) is state


@pytest.mark.parametrize("is_spoken", [True, False])
def test_the_customer_reopens_within_seven_days(is_spoken: bool) -> None:
    wanted = None if is_spoken else S.IN_PROGRESS
    last = NOW + REOPENED_WITHIN - timedelta(microseconds=1)

    assert rules.moved(Side.COMPANY, S.RESOLVED, NOW, last, wanted=wanted, is_spoken=is_spoken) is S.IN_PROGRESS
    with pytest.raises(StateConflict) as late:
        rules.moved(Side.COMPANY, S.RESOLVED, NOW, NOW + REOPENED_WITHIN, wanted=wanted, is_spoken=is_spoken)
    assert late.value.message_key == "ticket.reopen_late"
    assert rules.next_states(Side.COMPANY, S.RESOLVED, NOW, NOW + REOPENED_WITHIN) == [S.CLOSED]
    assert S.IN_PROGRESS in rules.next_states(Side.OPERATOR, S.RESOLVED, NOW, NOW + REOPENED_WITHIN)


@given(
    st.sampled_from(SIDES), st.one_of(st.none(), st.sampled_from(STATES)), st.sampled_from(STATES), st.sampled_from(list(TicketPriority)),
    st.one_of(st.none(), st.timedeltas(timedelta(days=-9), timedelta(days=9)).map(lambda span: NOW + span)), st.booleans(),
)  # fmt: skip
def test_an_answer_is_due_just_while_the_desk_is_asked(
    side: Side, before: TicketState | None, after: TicketState, priority: TicketPriority, due: datetime | None, is_spoken: bool
) -> None:
    found = rules.due_at(side, before, after, priority, due=due, is_spoken=is_spoken, at=NOW)

    assert (found is None) == (after in {S.PENDING, S.RESOLVED, S.CLOSED})
    assert found in {None, due, NOW + ANSWERED_WITHIN[priority]}


def test_words() -> None:
    assert rules.words("  No signal ", 20, "title") == "No signal"
    for bad in ("", "   ", "x" * 21):
        with pytest.raises(InvalidInput):
            rules.words(bad, 20, "title")
    assert len(rules.excerpt("word " * 100)) <= rules.EXCERPT
