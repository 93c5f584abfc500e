"""Personal data goes when its time is over, no sooner and some at a time, and going over it again changes nothing."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from api.worker import handlers
from api.workshop import Workshop
from auth import retention
from auth.retention import RETENTION_KIND, retention_handler
from auth.tables import SignInSession
from domain.audit import chain
from domain.audit.chain import Deed
from domain.audit.documents import AccessLogEntry
from domain.jobs.tables import Job, JobRow
from domain.kernel.ids import Kind, Ref
from domain.kernel.plan import Change
from domain.kernel.retention import PERIODS, Kept
from domain.kernel.scope import SYSTEM
from domain.notifications import feed
from domain.notifications.tables import Notice
from domain.usage.documents import UsageRecord
from store import outbox
from store.outbox import OutboxRow
from tests.desk import Desk
from tests.world import MovableClock, TwoTenants

AGES = (1, 100, 179, 181, 399, 401, 729, 731, 1900)
"""Days."""


async def fill(world: Workshop, two_tenants: TwoTenants) -> None:
    """Something of each kind and age, of both companies."""
    now = world.clock.now()
    for tenant in (two_tenants.one, two_tenants.other):
        desk = Desk(world.auth, two_tenants)
        reader, about = tenant.profile_manager.id, Ref(Kind.ORGANIZATION, tenant.id)
        deeds, jobs = [], []
        for days in AGES:
            at = now - timedelta(days=days)
            await AccessLogEntry(
                id=uuid.uuid4(), organization_id=tenant.id, at=at, by={}, person_id=None, is_operator=False, operation="Fleet", subjects=[], path="",
                reason=None, address="192.0.2.1",
            ).insert()  # fmt: skip
            await UsageRecord(
                id=uuid.uuid4(), organization_id=tenant.id, sim_id=tenant.sims[0].id, path="", service="VOICE", direction="OUTGOING",
                other_party="+989120000000", destination=None, is_roaming=False, started_at=at, duration_seconds=1, quantity=1, charge=0,
                is_included=False, bucket_id=None, as_of=at, source="NETWORK",
            ).insert()  # fmt: skip
            desk.at = at
            await desk.begin(tenant.profile_manager)
            jobs.append((days, at))
            deeds.insert(0, Deed(SYSTEM, "simUpdate", at, "", [Change(None, "+98", "holder", None, f"Person {days}")]))
        async with world.database.write() as session:
            for days in AGES:
                at = now - timedelta(days=days)
                await feed.tell(session, tenant.id, [reader], "payments.notice.settled", {}, about, at=at, once=f"{days}")
                await feed.mark_read(session, reader, None, at=at)
            await feed.tell(session, tenant.id, [reader], "payments.notice.settled", {}, about, at=now - timedelta(days=1900), once="unread")
            await chain.append_all(session, tenant.id, deeds)
            for days, at in jobs:
                job = Job(
                    id=uuid.uuid4(), organization_id=tenant.id, path="", kind="SIM_STATUS", state="FINISHED", mutation="simBlock", request={},
                    policy="REJECT_ALL", actor_id=uuid.uuid4(), by=SYSTEM.as_json(), permission="sim:block", reach=[""], total=3, created_at=at,
                    finished_at=at,
                )  # fmt: skip
                session.add(job)
                await session.flush()
                session.add_all(JobRow(organization_id=tenant.id, job_id=job.id, index=place, label=f"{days}") for place in (1, 2, 3))


async def kept(world: Workshop) -> dict[Kept, Sequence[int]]:
    """Ages of what is there, in days, of both companies."""
    now = world.clock.now()
    async with world.database.read() as session:
        sessions = (await session.scalars(select(SignInSession).where(SignInSession.address != ""))).all()
        trails = await chain.all_broken(session)
        jobs = (await session.scalars(select(Job))).all()
        rows = (await session.scalars(select(JobRow))).all()
        notices = (await session.scalars(select(Notice))).all()
        names = [change["after"] for entry in (await session.scalars(select(chain.AuditEntry))).all() for change in entry.changes]
    assert not any(trails.values())
    assert {row.job_id for row in rows} <= {job.id for job in jobs}
    assert len(rows) == 3 * len(jobs)
    assert len([notice for notice in notices if notice.read_at is None]) == 2

    def ages(instants: Any) -> list[int]:
        return sorted(round((now - at) / timedelta(days=1)) for at in instants)

    return {
        Kept.ACCESS_LOG: ages([entry.at for entry in await AccessLogEntry.find_all().to_list()]),
        Kept.USAGE: ages([record.started_at for record in await UsageRecord.find_all().to_list()]),
        Kept.SIGN_INS: ages([session.created_at for session in sessions]),
        Kept.NOTICES: ages([notice.read_at for notice in notices if notice.read_at]),
        Kept.JOBS: ages([job.finished_at for job in jobs]),
        Kept.HOLDERS: sorted(int(name.split()[1]) for name in names if str(name).startswith("Person")),
    }


async def test_each_kind_goes_after_its_own_time(world: Workshop, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    await fill(world, two_tenants)
    async with world.database.read() as session:
        life = next(row.expires_at - row.created_at for row in (await session.scalars(select(SignInSession))).all())
    alone = {RETENTION_KIND: retention_handler(world.database, world.clock, PERIODS)}
    for _ in range(2):
        await outbox.begin_rounds(world.database, alone, at=world.clock.now())

    with capture_logs() as logged:
        while await outbox.run_once(world.database, handlers(world), world.clock, worker="test"):
            pass
    after = await kept(world)

    expected = {kind: sorted(2 * [age for age in AGES if age <= PERIODS[kind]]) for kind in Kept}
    expected[Kept.SIGN_INS] = sorted(2 * [age for age in AGES if timedelta(days=age) - life <= timedelta(days=PERIODS[Kept.SIGN_INS])])
    assert after == expected
    told = [entry for entry in logged if entry["event"] == "forgotten"]
    assert len(told) > 1 and sum(entry.get("access_log", 0) for entry in told) == 4
    async with world.database.read() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == RETENTION_KIND))).one()
        assert len((await session.scalars(select(SignInSession))).all()) == 2 * len(AGES)  # records name them
    assert row.run_at == world.clock.now() + timedelta(days=1)


async def test_time_goes_on_and_other_periods_hold(world: Workshop, two_tenants: TwoTenants) -> None:
    await fill(world, two_tenants)
    clock, periods = world.clock, dict(PERIODS) | {Kept.USAGE: 150}
    assert isinstance(clock, MovableClock)

    first = await retention.forget(world.database, periods, at=clock.now())
    again = await retention.forget(world.database, periods, at=clock.now())
    clock.at += timedelta(days=100)
    later = await retention.forget(world.database, periods, at=clock.now())

    assert first[Kept.USAGE] == 2 * len([age for age in AGES if age > 150])
    assert not any(again.values())
    assert later[Kept.USAGE] == 2 and later[Kept.ACCESS_LOG] == 2
