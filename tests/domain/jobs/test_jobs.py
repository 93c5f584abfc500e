"""Many cards at a time: what a plan says is what the job does, each row once whoever dies or runs beside it."""

import asyncio
import random
import uuid
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from auth.actor import Actor
from domain.audit.chain import first_broken
from domain.audit.tables import AuditEntry, AuditSubject
from domain.audit.writing import Command, Done, carry_out
from domain.jobs import running, service
from domain.jobs.service import Many, carry_out_many
from domain.jobs.states import JobRowState, JobState
from domain.jobs.tables import Job, JobRow
from domain.kernel.errors import IdempotencyConflict, InvalidInput, NotFound, RateLimited, StateConflict
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode, PlanStale, RowsRejected
from domain.sims import service as sims
from domain.sims.filters import SimFilter
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimCounter, SimState
from store import outbox
from store.outbox import LEASE, OutboxRow, OutboxState
from store.session import Database
from tests.domain.orders.test_faults import Death, Killed
from tests.world import MovableClock, TwoTenants

LOST = sims.block_request(Bar(SimStatusReason.LOST), "lost in a taxi")
ACTIVE = SimFilter(statuses=[SimStatus.ACTIVE])
UNUSED = SimFilter(statuses=[SimStatus.ACTIVE, SimStatus.READY_TO_ACTIVATE])


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cards a chunk, so that nine of them take several."""
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(service, "CHUNK", 2)


class Story:
    """A company that blocks its active cards, and a worker whose clock is moved by hand."""

    def __init__(self, database: Database, tenants: TwoTenants, actor: Actor | None = None) -> None:
        self.database, self.one = database, tenants.one
        self.actor = actor or tenants.one.as_profile_manager()
        self.clock = MovableClock()
        self.handlers = running.handlers(database, self.clock, sims.DEEDS)

    async def block(
        self, filter: SimFilter = ACTIVE, *, policy: BulkErrorPolicy = BulkErrorPolicy.REJECT_ALL, token: str | None = None,
        mode: MutationMode = MutationMode.APPLY, key: UUID | None = None, fingerprint: str = "",
    ) -> Done:  # fmt: skip
        scope = self.actor.scope(Permission.SIM_BLOCK, self.clock.now())
        many = Many(sims.BLOCK, LOST, SimSelection(filter=filter), policy)
        command = Command("simBlock", mode, fingerprint, token, key)
        return await carry_out_many(self.database, scope, command, many, at=self.clock.now())

    async def cancel(self, job_id: UUID) -> Done:
        scope = self.actor.scope(Permission.SIM_BLOCK, self.clock.now())
        command = Command("jobCancel", MutationMode.APPLY, "")
        return await carry_out(self.database, scope, command, lambda work: service.cancel(work, job_id), at=self.clock.now())

    async def work(self, rounds: int = 100, name: str = "test") -> None:
        for _ in range(rounds):
            if not await self.step(name):
                return

    async def step(self, name: str = "test") -> int:
        """One round of a worker that only does jobs."""
        tasks = await outbox.claim(self.database, name, kinds=[service.RUN], now=self.clock.now())
        for task in tasks:
            await outbox.run_task(self.database, self.handlers, self.clock, task, worker=name)
        return len(tasks)

    async def job(self) -> Job:
        async with self.database.read() as session:
            return (await session.scalars(select(Job))).one()

    async def rows(self) -> list[JobRow]:
        async with self.database.read() as session:
            return list((await session.scalars(select(JobRow).order_by(JobRow.index))).all())

    async def blocked(self) -> set[UUID]:
        async with self.database.read() as session:
            found = select(Sim.id).where(Sim.organization_id == self.one.id, Sim.status_reason == SimStatusReason.LOST)
            return set((await session.scalars(found)).all())

    async def check(self) -> None:
        """Nothing was done twice or lost: histories, commands, counters, the trail and the rows tell the same."""
        async with self.database.read() as session:
            rows = (await session.scalars(select(JobRow))).all()
            done = {row.subject_id for row in rows if row.state == JobRowState.SUCCEEDED}
            at = select(SimState.sim_id).where(SimState.status == SimStatus.BLOCKED, SimState.valid_from >= self.clock.at - timedelta(days=1))
            histories = Counter((await session.scalars(at)).all())
            commands = Counter((await session.scalars(select(OutboxRow.subject).where(OutboxRow.kind == "sims.set_state"))).all())
            entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "simBlock").order_by(AuditEntry.seq))).all()
            counted = (await session.execute(select(Sim.account_id, Sim.status, func.count()).group_by(Sim.account_id, Sim.status))).all()
            kept = (await session.execute(select(SimCounter.account_id, SimCounter.status, SimCounter.count))).all()
            job = (await session.scalars(select(Job))).one()
            assert await first_broken(session, job.organization_id) is None
        told = Counter(UUID(hex=change["subject"][1]) for entry in entries for change in entry.changes if change["field"] == "status")
        assert histories == told == Counter(done)
        assert commands == Counter(f"sim:{id}" for id in done)
        assert done == await self.blocked()
        states = Counter(row.state for row in rows)
        assert (job.succeeded, job.failed) == (states[JobRowState.SUCCEEDED], states[JobRowState.FAILED])
        assert {(row[0], row[1]): row[2] for row in kept if row[2]} == {(row[0], row[1]): row[2] for row in counted}


@pytest.fixture
def story(database: Database, two_tenants: TwoTenants) -> Story:
    return Story(database, two_tenants)


def active(tenants_one: Any) -> list[Sim]:
    return [sim for sim in tenants_one.sims if sim.status == SimStatus.ACTIVE]


async def test_a_plan_changes_nothing_and_the_job_does_exactly_that(story: Story) -> None:
    planned = await story.block(mode=MutationMode.PLAN)

    assert (planned.plan.change_count, planned.plan.exclusion_count) == (27, 0)
    assert planned.plan.token
    async with story.database.read() as session:
        for table in (Job, JobRow, OutboxRow, AuditEntry):
            assert (await session.execute(select(func.count()).select_from(table))).scalar_one() == 0

    done = await story.block(token=planned.plan.token)

    assert (list(done.plan.changes), done.plan.token) == (list(planned.plan.changes), None)
    assert await story.blocked() == set()
    job = await story.job()
    assert (job.state, job.total, job.succeeded, job.kind) == (JobState.QUEUED, 9, 0, "SIM_STATUS")

    await story.work()

    job, rows = await story.job(), await story.rows()
    assert (job.state, job.succeeded, job.failed, job.expected_at) == (JobState.FINISHED, 9, 0, None)
    assert job.finished_at == story.clock.now()
    assert [row.index for row in rows] == list(range(1, 10))
    assert {row.label for row in rows} == {sim.msisdn for sim in active(story.one)}
    await story.check()
    async with story.database.read() as session:
        begun, *chunks = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
        named = (await session.scalars(select(AuditSubject.seq).where(AuditSubject.subject_id == job.id).order_by(AuditSubject.seq))).all()
    assert [(change["field"], change["after"]) for change in begun.changes] == [("state", "QUEUED"), ("total", "9")]
    assert [change for entry in chunks for change in entry.changes] == [change.as_json() for change in planned.plan.changes]
    assert {(entry.action, entry.reason, entry.by["id"]) for entry in (begun, *chunks)} == {("simBlock", "lost in a taxi", story.actor.ref.id.hex)}
    assert list(named) == [1, 2, 3, 4, 5, 6]


async def test_progress_is_told_and_an_end_expected(story: Story) -> None:
    await story.block()
    seen = []
    for _ in range(3):
        story.clock.move(timedelta(seconds=10))
        await story.step()
        job = await story.job()
        seen.append((job.state, job.succeeded))

    assert seen == [("RUNNING", 2), ("RUNNING", 4), ("RUNNING", 6)]
    assert job.expected_at == story.clock.now() + timedelta(seconds=15)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_dies_no_row_is_done_twice_or_forgotten(story: Story, seed: int) -> None:
    dice, death = random.Random(seed), Death(story.database)
    await story.block()
    progress = [0]

    for _ in range(12):
        death.left = dice.randrange(0, 40)
        with suppress(Killed):
            await story.work(rounds=3)
        death.left = None
        story.clock.move(LEASE + timedelta(seconds=1))
        progress.append((await story.job()).succeeded)
    await story.work()

    assert death.count >= 3
    assert progress == sorted(progress)
    job = await story.job()
    assert (job.state, job.succeeded, job.failed) == (JobState.FINISHED, 9, 0)
    await story.check()


async def test_two_workers_at_once_do_nothing_twice(story: Story) -> None:
    done = await story.block()
    assert done.result
    task = outbox.Task(1, service.RUN, "job", {"job_id": done.result["job"].hex}, 1)

    async def worker() -> None:
        for _ in range(9):  # as if each had taken the row because the other's lease had run out
            with suppress(outbox.Later):
                await story.handlers[service.RUN](task)

    await asyncio.gather(worker(), worker(), worker())

    assert (await story.job()).state == JobState.FINISHED
    await story.check()


async def test_what_is_cancelled_meanwhile_stays_as_it_is(story: Story) -> None:
    done = await story.block()
    assert done.result
    await story.step()

    await asyncio.gather(story.step(), story.cancel(done.result["job"]))
    await story.work()

    job = await story.job()
    assert job.state == JobState.CANCELLED
    assert job.finished_at == story.clock.now()
    assert job.succeeded in (2, 4)
    assert Counter(row.state for row in await story.rows()) == {"SUCCEEDED": job.succeeded, "PENDING": 9 - job.succeeded}
    await story.check()
    with pytest.raises(StateConflict):
        await story.cancel(job.id)


async def test_only_who_began_it_with_the_same_right_cancels(story: Story, two_tenants: TwoTenants) -> None:
    done = await story.block()
    assert done.result
    for other in (two_tenants.one.as_account_manager(), two_tenants.other.as_profile_manager()):
        story.actor = other
        with pytest.raises(NotFound):
            await story.cancel(done.result["job"])
    assert (await story.job()).state == JobState.QUEUED


async def test_reject_all_makes_no_job(story: Story) -> None:
    planned = await story.block(SimFilter(), mode=MutationMode.PLAN)
    assert (planned.plan.change_count, planned.plan.exclusion_count) == (31, 1)

    with pytest.raises(RowsRejected) as refused:
        await story.block(SimFilter(), token=planned.plan.token)

    assert (refused.value.count, refused.value.exclusions[0].subject.id) == (1, story.one.sims[6].id)  # type: ignore[union-attr]
    async with story.database.read() as session:
        assert (await session.execute(select(func.count()).select_from(Job))).scalar_one() == 0
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.failure and entry.failure["code"]) == ("simBlock", "ROWS_REJECTED")


async def test_skip_failed_reports_what_failed(story: Story) -> None:
    planned = await story.block(UNUSED, mode=MutationMode.PLAN, policy=BulkErrorPolicy.SKIP_FAILED)
    await story.block(UNUSED, token=planned.plan.token, policy=BulkErrorPolicy.SKIP_FAILED)

    await story.work()

    job = await story.job()
    assert (job.state, job.total, job.succeeded, job.failed) == (JobState.FINISHED, 10, 9, 1)
    (failed,) = [row for row in await story.rows() if row.state == JobRowState.FAILED]
    assert (failed.subject_id, failed.failure and failed.failure["code"]) == (story.one.sims[6].id, "STATE_CONFLICT")
    await story.check()


async def test_a_card_that_left_the_askers_sight_is_a_failed_row(database: Database, two_tenants: TwoTenants) -> None:
    story, gone = Story(database, two_tenants, two_tenants.one.as_account_manager()), two_tenants.one.sims[1]
    await story.block()
    assert (await story.job()).total == 6
    async with database.write() as session:
        await session.execute(update(Sim).where(Sim.id == gone.id).values(path=two_tenants.one.accounts["office"].path))

    await story.work()

    (failed,) = [row for row in await story.rows() if row.state == JobRowState.FAILED]
    assert (failed.subject_id, failed.label, failed.failure and failed.failure["code"]) == (gone.id, gone.msisdn, "NOT_FOUND")
    assert len(await story.blocked()) == 5


async def test_a_card_changed_meanwhile_is_a_failed_row(story: Story) -> None:
    await story.block()
    async with story.database.write() as session:
        await session.execute(
            update(Sim).where(Sim.id == story.one.sims[0].id).values(status=SimStatus.BLOCKED, barring="ALL", barred_by="OPERATOR")
        )

    await story.work()

    job = await story.job()
    assert (job.state, job.succeeded, job.failed) == (JobState.FINISHED, 8, 1)


async def test_a_plan_that_no_longer_fits_is_stale(story: Story) -> None:
    planned = await story.block(mode=MutationMode.PLAN)
    async with story.database.write() as session:
        await session.execute(update(Sim).where(Sim.id == story.one.sims[0].id).values(status=SimStatus.TERMINATED))

    with pytest.raises(PlanStale) as stale:
        await story.block(token=planned.plan.token)

    assert stale.value.plan.change_count == 24
    with pytest.raises(PlanStale):
        await story.block(token="0" * 64)


async def test_the_same_key_is_the_same_job_also_after_it_ran(story: Story) -> None:
    key = uuid.uuid4()
    first = await story.block(key=key, fingerprint="a")
    await story.work()

    again = await story.block(key=key, fingerprint="a")

    assert again.is_replay
    assert again.result == first.result
    assert (again.plan.change_count, list(again.plan.changes)) == (27, list(first.plan.changes))
    with pytest.raises(IdempotencyConflict):
        await story.block(key=key, fingerprint="b")
    assert (await story.job()).state == JobState.FINISHED


async def test_parallel_calls_with_one_key_make_one_job(story: Story) -> None:
    key = uuid.uuid4()

    async def call() -> Any:
        with suppress(RateLimited):
            return await story.block(key=key)

    found = await asyncio.gather(*(call() for _ in range(10)))

    assert {done.result["job"] for done in found if done} == {(await story.job()).id}


async def test_an_actor_plans_one_selection_at_a_time(story: Story) -> None:
    outcomes = await asyncio.gather(*(story.block(mode=MutationMode.PLAN) for _ in range(3)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in outcomes) == ["Done", "RateLimited", "RateLimited"]
    assert (await story.block(mode=MutationMode.PLAN)).plan.change_count == 27


async def test_a_selection_of_nothing_is_refused(story: Story) -> None:
    with pytest.raises(InvalidInput):
        await story.block(SimFilter(statuses=[SimStatus.TERMINATED]))


async def test_a_job_whose_chunk_fails_again_and_again_breaks_off(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    await story.block()
    await story.step()

    async def broken(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(running, "_settle", broken)
    for _ in range(outbox.MOST_ATTEMPTS):
        story.clock.move(timedelta(hours=2))
        await story.step()

    job = await story.job()
    assert (job.state, job.succeeded) == (JobState.FAILED, 2)
    await story.check()
    async with story.database.read() as session:
        states = (await session.scalars(select(OutboxRow.state).where(OutboxRow.kind == service.RUN))).all()
    assert list(states) == [OutboxState.DEAD]


async def test_other_work_goes_between_chunks(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    await story.block()
    done: list[str] = []

    class Ticking(MovableClock):
        def now(self) -> datetime:
            self.move(timedelta(milliseconds=1))
            return self.at

    clock = Ticking(story.clock.at)
    run = running.handlers(story.database, clock, sims.DEEDS)[service.RUN]

    async def chunk(task: outbox.Task) -> None:
        done.append("chunk")
        async with story.database.write() as session:
            await outbox.send(session, "letter", {}, subject=f"somebody:{len(done)}", at=clock.now())
        await run(task)

    async def other(task: outbox.Task) -> None:
        done.append(task.kind)

    monkeypatch.setattr(outbox, "claim", partial(outbox.claim, most=1))
    while await outbox.run_once(story.database, {service.RUN: chunk, "letter": other, "sims.set_state": other}, clock, worker="test"):
        pass

    rounds = " ".join(done).split("chunk ")[1:]
    assert [round.split() for round in rounds] == [["letter", "sims.set_state", "sims.set_state"]] * 4 + [["letter", "sims.set_state"]]
