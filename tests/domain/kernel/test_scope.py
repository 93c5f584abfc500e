"""A scope narrowed to a place reaches what it reached there, and nothing else."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.permissions import Permission
from domain.kernel.scope import SYSTEM, Reach, Scope

OURS, THEIRS = UUID(int=1), UUID(int=2)
paths = st.lists(st.sampled_from(["0002.", "0003."]), max_size=3).map(lambda rest: "".join(["0001.", *rest]))
reaches = st.one_of(
    st.just(Reach(None)), st.builds(Reach, st.sampled_from([OURS, THEIRS])), st.builds(Reach, st.sampled_from([OURS, THEIRS]), paths)
)


@given(reach=st.lists(reaches, max_size=3), place=paths, organization=st.sampled_from([OURS, THEIRS]), other=paths)
def test_what_is_within_a_place(reach: list[Reach], place: str, organization: UUID, other: str) -> None:
    scope = Scope(SYSTEM, Permission.SIM_READ, tuple(reach), datetime(2026, 1, 1, tzinfo=UTC))

    narrowed = scope.within(OURS, place)

    is_there = organization == OURS and other.startswith(place)
    assert narrowed.covers(organization, other) is (scope.covers(organization, other) and is_there)
