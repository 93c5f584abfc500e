"""Cards counted by status are those of every place of a subtree."""

from hypothesis import given
from hypothesis import strategies as st

from domain.sims import counting
from domain.sims.states import SimStatus
from tests.world import NOW

PATHS = st.lists(st.sampled_from(["a.", "b.", "aa."]), min_size=1, max_size=4).map("".join)


@given(st.lists(st.tuples(PATHS, st.sampled_from(sorted(SimStatus)), st.integers(0, 9))), PATHS, st.booleans())
def test_a_subtree_is_summed_as_if_every_place_were_looked_at(places: list[tuple[str, str, int]], path: str, is_deep: bool) -> None:
    inside = [(status, number) for place, status, number in places if (place.startswith(path) if is_deep else place == path)]

    row = counting._summed(sorted(places), path, NOW, is_deep=is_deep)

    assert row.total == sum(number for status, number in inside if status != SimStatus.TERMINATED)
    assert row.active == sum(number for status, number in inside if status == SimStatus.ACTIVE)
    assert row.total == row.active + row.blocked + row.ready_to_activate + row.other
