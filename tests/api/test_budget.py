"""What askers may spend: never more than they have, however many processes they ask, and what an answer cost beyond its estimate is owed."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from api import budget
from api.app import build
from api.budget import CAPACITY, KEPT, RESTORE_RATE, Budget, SharedBudget, seconds_until
from api.workshop import Workshop
from store.shared import Shared
from tests.redis_server import RedisServer, redis_server
from tests.world import NOW


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """One Redis for this module."""
    with redis_server() as server:
        yield server


@pytest_asyncio.fixture
async def shared(redis: RedisServer) -> AsyncIterator[Shared]:
    """An empty store of counts."""
    opened = Shared(redis.url)
    await opened._redis.flushall()
    yield opened
    await opened.close()


async def test_what_an_answer_cost_beyond_its_estimate_is_owed() -> None:
    budget = Budget()
    await budget.take("a", 10, now=NOW)

    assert await budget.settle("a", 10 - CAPACITY - 2 * RESTORE_RATE, now=NOW) == 0

    assert await budget.take("a", 1, now=NOW + timedelta(seconds=1)) < 0
    assert await budget.take("a", 1, now=NOW + timedelta(seconds=3)) >= 0


async def test_what_is_missing_is_there_after_the_seconds_told() -> None:
    budget = Budget()
    await budget.take("a", CAPACITY, now=NOW)

    missing = -await budget.take("a", 6000, now=NOW)

    assert missing == 6000
    assert await budget.take("a", 6000, now=NOW + timedelta(seconds=seconds_until(missing))) >= 0


async def test_what_it_cost_less_comes_back() -> None:
    budget = Budget()
    await budget.take("a", 1000, now=NOW)

    assert await budget.settle("a", 990, now=NOW) == CAPACITY - 10


async def test_an_asker_forgotten_meanwhile_is_no_fault() -> None:
    budget = Budget()
    await budget.take("a", 1, now=NOW)
    for number in range(KEPT):
        await budget.take(f"other {number}", 1, now=NOW)

    assert await budget.settle("a", 1, now=NOW) == CAPACITY


async def test_two_processes_count_once(shared: Shared, redis: RedisServer) -> None:
    other = Shared(redis.url)
    one, two = SharedBudget(shared), SharedBudget(other)

    try:
        left = await asyncio.gather(*(process.take("a", 1000, now=NOW) for process in (one, two) for _ in range(50)))
    finally:
        await other.close()

    let_through = sum(after >= 0 for after in left)
    assert CAPACITY // 1000 <= let_through <= CAPACITY // 1000 + 10  # some refills while they ask


async def test_a_shared_bucket_fills_again_and_is_forgotten_when_full(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "RESTORE_RATE", 100_000)
    process = SharedBudget(shared)
    await process.take("a", CAPACITY, now=NOW)

    assert await process.take("a", CAPACITY, now=NOW) < 0
    await asyncio.sleep(0.6)
    assert await process.take("a", CAPACITY, now=NOW) >= 0

    await asyncio.sleep(1.7)
    assert await shared._redis.keys("*") == []


async def test_a_shared_debt_is_owed_to_all(shared: Shared) -> None:
    one, two = SharedBudget(shared), SharedBudget(shared)
    await one.take("a", 10, now=NOW)

    assert await one.settle("a", -2 * CAPACITY, now=NOW) == 0

    assert await two.take("a", 1, now=NOW) < -CAPACITY + RESTORE_RATE


async def test_while_redis_is_away_each_process_counts_by_itself(redis: RedisServer) -> None:
    shared = Shared(redis.url)
    process = SharedBudget(shared)
    assert await process.take("alone", 40_000, now=NOW) >= 0

    redis.stop()
    with capture_logs() as logged:
        alone = [await process.take("alone", 40_000, now=NOW) for _ in range(3)]
        assert not await shared.answers()
        redis.start()
        together = await process.take("b", 1, now=NOW + timedelta(seconds=2))
    await shared.close()

    assert [after >= 0 for after in alone] == [True, False, False]  # its own bucket was full
    assert together == CAPACITY - 1
    assert [entry["event"] for entry in logged] == ["budget_counted_alone", "budget_counted_together"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_redis_requests_are_answered_and_readyz_says_so(world: Workshop, redis: RedisServer) -> None:
    shared = Shared(redis.url)
    app = build(dataclasses.replace(world, shared=shared))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as http:
        before = (await http.get("/readyz")).json()
        redis.stop()
        ready = await http.get("/readyz")
        asked = await http.post("/graphql", json={"query": "{ catalogue: offerings(first: 1) { edges { node { id } } } }"})
        redis.start()
    await shared.close()

    assert before == {"status": "ok", "parts": {"sql": True, "documents": True, "redis": True}}
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["parts"] == {"sql": True, "documents": True, "redis": False}
    assert "RATE_LIMITED" not in asked.text and asked.status_code == 200
