"""Usage pages: every filter, both directions, page by page to the end without repeats or gaps."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import registry
from domain.kernel.errors import Forbidden, InvalidInput
from domain.kernel.paging import Window, cursor_of
from domain.kernel.permissions import Permission
from domain.kernel.quantity import UsageType
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.sims.tables import Sim
from domain.usage.documents import UsageDirection, UsageRecord
from domain.usage.queries import EVERYTHING, UsageFilter, part_of_number, recent, usage_by_ids, usage_page
from store.documents import open_documents
from tests.usage import hourly, ids, usage
from tests.world import NOW

ORGANIZATION = UUID(int=7)
NUMBERS = ["+989351234567", "+989121112233", "+4915112345678", None]


def card(path: str = "a.b.") -> Sim:
    return Sim(id=uuid4(), organization_id=ORGANIZATION, path=path)


def scope(*paths: str, is_masked: bool = False) -> Scope:
    reach = tuple(Reach(ORGANIZATION, path) for path in paths)
    return Scope(ActorRef(uuid4(), "Reader"), Permission.USAGE_READ, reach, NOW, is_masked)


async def walk(size: int, *, is_backward: bool, **wanted: Any) -> list[UUID]:
    """Every id from one end to the other, newest first whichever way it was walked."""
    found: list[UUID] = []
    cursor = None
    while True:
        page = await usage_page(scope(""), ORGANIZATION, window=Window(size, cursor, is_backward), **wanted)
        rows = [row.id for row in page.rows]
        found = rows + found if is_backward else found + rows
        assert len(rows) <= size
        if not (page.has_previous if is_backward else page.has_next):
            return found
        cursor = page.cursors[0] if is_backward else page.cursors[-1]


FILTERS: dict[str, tuple[UsageFilter, Callable[[UsageRecord], bool]]] = {
    "everything": (EVERYTHING, lambda record: True),
    "during": (
        UsageFilter(starts_at=NOW - timedelta(hours=9), ends_at=NOW - timedelta(hours=3)),
        lambda record: NOW - timedelta(hours=9) <= record.started_at < NOW - timedelta(hours=3),
    ),
    "since": (UsageFilter(starts_at=NOW - timedelta(hours=5)), lambda record: record.started_at >= NOW - timedelta(hours=5)),
    "until": (UsageFilter(ends_at=NOW - timedelta(hours=5)), lambda record: record.started_at < NOW - timedelta(hours=5)),
    "services": (
        UsageFilter(services=(UsageType.VOICE, UsageType.SMS)), lambda record: record.service in (UsageType.VOICE, UsageType.SMS)
    ),
    "direction": (UsageFilter(direction=UsageDirection.INCOMING), lambda record: record.direction == UsageDirection.INCOMING),
    "roaming": (UsageFilter(is_roaming=True), lambda record: record.is_roaming),
    "beyond bundles": (UsageFilter(is_included=False), lambda record: not record.is_included),
    "other party": (UsageFilter(other_party="۰۹۳۵ ۱۲۳"), lambda record: "935123" in (record.other_party or "")),
    "all of it": (
        UsageFilter(NOW - timedelta(hours=20), NOW, (UsageType.VOICE,), UsageDirection.OUTGOING, False, True, "+98912"),
        lambda record: (
            NOW - timedelta(hours=20) <= record.started_at < NOW and record.service == UsageType.VOICE
            and record.direction == UsageDirection.OUTGOING and not record.is_roaming and record.is_included
            and "+98912" in (record.other_party or "")
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
async def test_every_filter_walks_whole_both_ways(documents: Any, name: str) -> None:
    dice, mine, other = random.Random(name), card(), card()
    records = [
        usage(
            sim, at=NOW - timedelta(hours=dice.randint(0, 12)), service=dice.choice([UsageType.DATA, UsageType.VOICE, UsageType.SMS]),
            direction=dice.choice(list(UsageDirection)), is_roaming=dice.random() < 0.3, is_included=dice.random() < 0.7,
            other_party=dice.choice(NUMBERS),
        )
        for sim in (mine, other) for _ in range(40)
    ]  # fmt: skip
    await UsageRecord.insert_many(records)
    filter, fits = FILTERS[name]
    expected = ids(sorted((record for record in records if fits(record)), key=lambda record: (record.started_at, record.id), reverse=True))
    assert expected

    for is_backward in (False, True):
        assert await walk(7, is_backward=is_backward, filter=filter) == expected
        own = [id for id in expected if next(record for record in records if record.id == id).sim_id == mine.id]
        assert await walk(3, is_backward=is_backward, filter=filter, sim_id=mine.id) == own


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.lists(st.sampled_from([-3, 0, 1, 5, 6, 7, 24, 30, 96, 400, 1536, 2000, 6144, 7000, 20_000]), max_size=30),
    size=st.integers(1, 9),
    is_backward=st.booleans(),
    is_of_card=st.booleans(),
)
def test_any_instants_walk_without_repeats_or_gaps(
    document_server_url: str, hours: list[int], size: int, is_backward: bool, is_of_card: bool
) -> None:
    async def story() -> None:
        async with open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid4().hex}") as opened:
            mine = card()
            records = [usage(mine, at=NOW - timedelta(hours=hour)) for hour in hours]
            if records:
                await UsageRecord.insert_many(records)
            expected = ids(sorted(records, key=lambda record: (record.started_at, record.id), reverse=True))

            assert await walk(size, is_backward=is_backward, sim_id=mine.id if is_of_card else None) == expected
            await opened.client.drop_database(opened.name)

    asyncio.run(story())


async def test_records_are_authorised_by_the_path_of_their_time(documents: Any) -> None:
    moved = card("a.c.")
    before, after = usage(moved, path="a.b.", at=NOW - timedelta(days=3)), usage(moved, path="a.c.")
    await UsageRecord.insert_many([before, after])

    async def seen(*paths: str, under: str = "") -> list[UUID]:
        page = await usage_page(scope(*paths), ORGANIZATION, window=Window(10), under=under)
        return [row.id for row in page.rows]

    assert await seen("a.b.") == [before.id]
    assert await seen("a.c.") == [after.id]
    assert await seen("a.") == await seen("a.b.", "a.c.") == await seen("") == [after.id, before.id]
    assert await seen("a.d.") == await seen() == []
    assert await seen("a.", under="a.b.") == await seen("a.b.", under="a.") == [before.id]
    assert await seen("a.c.", under="a.b.") == []
    assert [row and row.id for row in await usage_by_ids(scope("a.b."), [after.id, before.id, uuid4()])] == [None, before.id, None]
    assert await recent(scope("a.c."), ORGANIZATION, moved.id) == await recent(scope("a.c."), ORGANIZATION, after.sim_id)
    assert [row.id for row in await recent(scope("a.c."), ORGANIZATION, moved.id)] == [after.id]


async def test_recent_are_the_last_fifteen(documents: Any) -> None:
    mine = card()
    records = hourly(mine, 20)
    await UsageRecord.insert_many(random.Random(1).sample(records, 20))

    assert [row.id for row in await recent(scope(""), ORGANIZATION, mine.id)] == ids(records[:15])


async def test_masked_readers_cannot_search_numbers(documents: Any) -> None:
    with pytest.raises(Forbidden):
        await usage_page(scope("", is_masked=True), ORGANIZATION, window=Window(5), filter=UsageFilter(other_party="935"))


async def test_a_number_is_no_pattern(documents: Any) -> None:
    mine = card()
    await UsageRecord.insert_many([usage(mine, other_party="+989351234567")])

    page = await usage_page(scope(""), ORGANIZATION, window=Window(5), filter=UsageFilter(other_party="9.*7"))

    assert page.rows == []


@pytest.mark.parametrize("key", [[1, 2], [NOW, "x"], [NOW], ["x", uuid4()], []])
async def test_a_forged_cursor_is_refused(documents: Any, key: list[Any]) -> None:
    with pytest.raises(InvalidInput):
        await usage_page(scope(""), ORGANIZATION, window=Window(5, cursor_of("usage", key)))


@pytest.mark.parametrize(
    ("typed", "part"),
    [("0935 123", "935123"), ("+98935", "98935"), ("0098-935", "98935"), ("۰۹۳۵", "935"), ("٠٩٣٥", "935"), ("00", "00"), ("12", "12")],
)
def test_parts_of_numbers_as_people_type_them(typed: str, part: str) -> None:
    assert part_of_number(typed) == part
