"""The outbox delivers at least once and in order per subject, whoever dies in between, with an id that stays (QUALITY, money and data)."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import col, select

from store import outbox
from store.outbox import LEASE, LONGEST_TIRELESS_WAIT, MOST_ATTEMPTS, GiveUp, Later, OutboxRow, OutboxState, Round, Task, Tireless
from store.session import Database
from tests.world import NOW, MovableClock


class Killed(BaseException):
    """The worker is gone."""


class Receiver:
    """Keeps what arrived; fails or dies as it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.ids: list[int] = []
        self.moods: list[BaseException] = []

    async def __call__(self, task: Task) -> None:
        self.got.append((task.subject, task.payload["n"]))
        self.ids.append(task.seq)
        if self.moods:
            raise self.moods.pop(0)


async def fill(database: Database, *, subjects: int = 2, each: int = 3) -> None:
    async with database.write() as session:
        for number in range(each):
            for subject in range(subjects):
                await outbox.send(session, "note", {"n": number}, subject=f"s{subject}", at=NOW)


async def work(database: Database, receiver: Receiver, clock: MovableClock, *, rounds: int = 10, worker: str = "w") -> None:
    for _ in range(rounds):
        await outbox.run_once(database, {"note": receiver}, clock, worker=worker)


async def states(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.scalars(select(OutboxRow.state).order_by(col(OutboxRow.seq)))).all())


async def test_each_subject_is_served_in_order_and_once(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database)

    await work(database, receiver, clock)

    assert sorted(receiver.got) == [("s0", 0), ("s0", 1), ("s0", 2), ("s1", 0), ("s1", 1), ("s1", 2)]
    for subject in ("s0", "s1"):
        assert [n for name, n in receiver.got if name == subject] == [0, 1, 2]
    assert set(await states(database)) == {OutboxState.DONE}


async def test_a_worker_that_dies_between_claim_and_settle_is_followed_by_another_after_its_lease(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database, subjects=1)
    receiver.moods = [Killed()]
    with pytest.raises(Killed):
        await work(database, receiver, clock, rounds=1, worker="first")

    await work(database, receiver, clock, worker="second")
    assert receiver.got == [("s0", 0)]  # the lease of the dead one still holds

    clock.move(LEASE + timedelta(seconds=1))
    await work(database, receiver, clock, worker="second")

    assert [n for _, n in receiver.got] == [0, 0, 1, 2]
    assert receiver.ids[0] == receiver.ids[1]


async def test_what_killed_workers_had_in_hand_has_not_failed(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database, subjects=1, each=1)
    for number in range(MOST_ATTEMPTS + 5):
        assert len(await outbox.claim(database, f"killed {number}", kinds=["note"], now=clock.now())) == 1
        clock.move(LEASE + timedelta(seconds=1))
    receiver.moods = [RuntimeError("500")]

    await work(database, receiver, clock, worker="alive")
    assert await states(database) == [OutboxState.READY]

    clock.move(timedelta(seconds=2))
    await work(database, receiver, clock, worker="alive")
    assert await states(database) == [OutboxState.DONE]


async def test_a_worker_that_comes_back_late_settles_nothing_of_its_follower(database: Database) -> None:
    clock = MovableClock()
    await fill(database, subjects=1, each=1)
    late = (await outbox.claim(database, "late", kinds=["note"], now=clock.now()))[0]
    clock.move(LEASE + timedelta(seconds=1))
    assert [task.seq for task in await outbox.claim(database, "next", kinds=["note"], now=clock.now())] == [late.seq]

    await outbox._settle(database, "late", late, state=OutboxState.DEAD)

    assert await states(database) == [OutboxState.READY]


async def test_a_receiver_that_fails_or_is_silent_gets_it_again_with_the_same_id(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database, subjects=1)
    receiver.moods = [RuntimeError("500"), TimeoutError(), ConnectionResetError(), Later(NOW + timedelta(minutes=5))]

    for _ in range(8):
        await work(database, receiver, clock, rounds=3)
        clock.move(timedelta(minutes=10))

    assert [n for _, n in receiver.got] == [0, 0, 0, 0, 0, 1, 2]
    assert len(set(receiver.ids[:5])) == 1
    assert set(await states(database)) == {OutboxState.DONE}


@pytest.mark.parametrize("mood", [GiveUp("never"), RuntimeError("again and again")])
async def test_a_dead_row_blocks_its_subject_alone(database: Database, mood: Exception) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database, subjects=2, each=2)
    async with database.write() as session:
        await session.execute(outbox.update(OutboxRow).where(col(OutboxRow.subject) == "s0", col(OutboxRow.seq) == 1).values(kind="bad"))

    async def bad(_task: Task) -> None:
        raise mood

    for _ in range(MOST_ATTEMPTS + 2):
        await outbox.run_once(database, {"note": receiver, "bad": bad}, clock, worker="w")
        clock.move(timedelta(hours=2))

    assert receiver.got == [("s1", 0), ("s1", 1)]
    assert await states(database) == [OutboxState.DEAD, OutboxState.DONE, OutboxState.READY, OutboxState.DONE]


async def test_eight_workers_at_once_take_nothing_twice(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database, subjects=10, each=4)

    await asyncio.gather(*(work(database, receiver, clock, rounds=15, worker=f"w{number}") for number in range(8)))

    assert len(receiver.got) == len(set(receiver.got)) == 40
    for subject in range(10):
        order = [n for name, n in receiver.got if name == f"s{subject}"]
        assert all(one < next for one, next in pairwise(order))


async def test_a_key_is_taken_once(database: Database) -> None:
    for _ in range(2):
        async with database.write() as session:
            await outbox.send(session, "note", {"n": 1}, subject="s", at=NOW, key="once")

    assert await states(database) == [OutboxState.READY]


async def test_what_must_not_be_given_up_is_tried_for_ever_and_forgiven_by_a_turn_that_went_well(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    receiver.moods = [*(RuntimeError("down") for _ in range(MOST_ATTEMPTS + 5)), Later(NOW + timedelta(days=1))]
    able = {"note": Tireless(receiver)}
    await fill(database, subjects=1, each=1)

    for _ in range(MOST_ATTEMPTS + 6):
        assert await outbox.run_once(database, able, clock, worker="w") == 1
        clock.move(timedelta(seconds=LONGEST_TIRELESS_WAIT))

    async with database.read() as session:
        row = (await session.scalars(select(OutboxRow))).one()
    assert (row.state, row.attempts, row.run_at) == (OutboxState.READY, 0, NOW + timedelta(days=1))


async def test_rounds_are_begun_once_and_only_they(database: Database) -> None:
    receiver = Receiver()
    able = {"now": Round(receiver), "tomorrow": Round(receiver, lambda at: at + timedelta(days=1)), "note": Tireless(receiver)}

    for _ in range(2):
        await outbox.begin_rounds(database, able, at=NOW)

    async with database.read() as session:
        rows = (await session.scalars(select(OutboxRow).order_by(col(OutboxRow.kind)))).all()
    assert [(row.kind, row.run_at) for row in rows] == [("now", NOW), ("tomorrow", NOW + timedelta(days=1))]


async def test_work_that_only_a_newer_release_knows_waits_for_it(database: Database) -> None:
    receiver, clock = Receiver(), MovableClock()
    await fill(database, subjects=1, each=1)

    assert await outbox.run_once(database, {"another": receiver}, clock, worker="old") == 0
    assert await states(database) == [OutboxState.READY]
    await work(database, receiver, clock, rounds=1)

    assert await states(database) == [OutboxState.DONE]


async def test_what_goes_wrong_with_one_holds_up_no_other_unless_the_store_is_gone() -> None:
    done = list[int]()

    async def act(number: int) -> None:
        if number == 2:
            raise ValueError("poison")
        if number == 5:
            raise ConnectionResetError
        done.append(number)

    with pytest.raises(ValueError, match="poison"):
        await outbox.each([1, 2, 3], act)
    with pytest.raises(ConnectionResetError):
        await outbox.each([4, 5, 6], act)
    assert done == [1, 3, 4]
