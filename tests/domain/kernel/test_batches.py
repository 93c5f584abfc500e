"""What was read for many keys comes back in the order of the keys."""

from uuid import UUID, uuid4

import msgspec

from domain.kernel.batches import grouped, in_order


class Thing(msgspec.Struct):
    """Something with an id."""

    id: UUID


def test_each_id_gets_its_row_or_nothing_however_often_it_is_asked() -> None:
    one, two, unknown = Thing(uuid4()), Thing(uuid4()), uuid4()

    assert in_order([two.id, unknown, one.id, two.id], iter([one, two])) == [two, None, one, two]


def test_each_key_gets_the_first_of_its_rows_in_their_order() -> None:
    rows = [("b", 1), ("a", 2), ("b", 3), ("b", 4), ("c", 5)]

    assert grouped(["a", "b", "none", "b"], iter(rows)) == [[2], [1, 3, 4], [], [1, 3, 4]]
    assert grouped(["b", "a"], rows, most=2) == [[1, 3], [2]]
