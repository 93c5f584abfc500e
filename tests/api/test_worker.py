"""The worker: what takes long never keeps a code waiting, and what was done long ago is forgotten."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from api import worker
from api.workshop import Workshop
from auth.otp import OTP_KIND
from domain.billing.papers import PAPERS
from store import outbox
from store.outbox import KEPT, Later, Letter, OutboxRow, OutboxState, Task
from tests.world import NOW


async def test_a_code_goes_out_while_many_papers_are_drawn(world: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, sent, end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def draw(_: Task) -> None:
        await drawn.wait()

    async def deliver(_: Task) -> None:
        sent.set()

    monkeypatch.setattr(worker, "handlers", lambda _: {PAPERS: draw, OTP_KIND: deliver})
    async with world.database.write() as session:
        papers = [Letter(PAPERS, {}, f"bill:{number}", NOW - timedelta(hours=1)) for number in range(3 * outbox.AT_ONCE)]
        await outbox.send_all(session, [*papers, Letter(OTP_KIND, {}, "otp:1", NOW)])

    working = asyncio.create_task(worker.work(world, end))
    try:
        await asyncio.wait_for(sent.wait(), 10)
        drawn.set()
        async with asyncio.timeout(30):
            while await _left(world):  # noqa: ASYNC110 (rows tell nobody that they are done)
                await asyncio.sleep(0.05)
    finally:
        end.set()
        await working


async def test_every_kind_that_is_slow_is_done_by_somebody(world: Workshop) -> None:
    assert worker.handlers(world).keys() >= worker.SLOW


async def test_what_was_done_a_week_ago_is_forgotten_and_nothing_else(world: Workshop) -> None:
    clean, at = outbox.cleaning_handler(world.database, world.clock), world.clock.now()
    async with world.database.write() as session:
        for name, age in (("old", KEPT + timedelta(hours=1)), ("young", KEPT - timedelta(hours=1))):
            await outbox.send(session, name, {}, subject=name, at=at - age)
        await outbox.send(session, "waiting", {}, subject="waiting", at=at - 2 * KEPT)
        for row in await session.scalars(select(OutboxRow).where(col(OutboxRow.kind) != "waiting")):
            row.state = OutboxState.DONE

    with pytest.raises(Later):
        await clean(Task(1, outbox.CLEANING_KIND, "", {}, 1))

    async with world.database.read() as session:
        assert set(await session.scalars(select(OutboxRow.kind))) == {"young", "waiting"}


async def _left(world: Workshop) -> int:
    async with world.database.read() as session:
        return len((await session.scalars(select(OutboxRow.seq).where(col(OutboxRow.state) != OutboxState.DONE))).all())
