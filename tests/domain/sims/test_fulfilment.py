"""After commit: the network hears of each change in order, its refusal is put right, silence is asked again, suspensions end."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.audit.tables import AuditEntry
from domain.audit.writing import Command, Done, Service, carry_out
from domain.jobs.deeds import Deed, Request
from domain.jobs.service import Many, carry_out_many
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.proof import Proof
from domain.kernel.sealing import Sealer
from domain.sims import locking, replacing, service
from domain.sims.fulfilment import ASK_AGAIN, handlers
from domain.sims.ports import NetworkRefused, NetworkSilent
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimCounter, SimState
from store import outbox
from store.outbox import OutboxRow, OutboxState
from store.session import Database
from tests.spares import make_spare
from tests.world import MovableClock, TwoTenants

LOST = Bar(SimStatusReason.LOST)
SEALER = Sealer("a master key of tests")


class Carrier:
    """A network that keeps what it is told and answers as a test wants."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.answers: list[Exception] = []

    async def set_state(self, command_id: UUID, iccid: str, status: SimStatus, barring: Barring) -> None:
        self.take(command_id, iccid, status, barring)

    async def lock_device(self, command_id: UUID, iccid: str, imei: str | None) -> None:
        self.take(command_id, iccid, "lock", imei)

    async def replace_card(self, command_id: UUID, iccid: str, was_iccid: str, msisdn: str, status: SimStatus, barring: Barring) -> None:
        self.take(command_id, iccid, was_iccid, msisdn, status, barring)

    def take(self, *told: Any) -> None:
        self.told.append(told)
        if self.answers:
            raise self.answers.pop(0)


class Story:
    """One company with a worker whose clock is moved by hand."""

    def __init__(self, database: Database, tenants: TwoTenants) -> None:
        self.database, self.card = database, tenants.one.sims[0]
        self.actor = tenants.one.as_profile_manager()
        self.clock, self.carrier = MovableClock(), Carrier()
        self.handlers = handlers(database, self.carrier, self.clock, SEALER)

    async def change(self, deed: Deed, request: Request) -> Done:
        scope = self.actor.scope(Permission.SIM_BLOCK, self.clock.now())
        many = Many(deed, request, SimSelection([self.card.id]), BulkErrorPolicy.REJECT_ALL)
        return await carry_out_many(self.database, scope, Command(deed.mutation, MutationMode.APPLY, ""), many, at=self.clock.now())

    async def block(self, bar: Bar = LOST) -> Done:
        return await self.change(service.BLOCK, service.block_request(bar, None))

    async def unblock(self) -> Done:
        return await self.change(service.UNBLOCK, {"note": None})

    async def carry(self, mutation: str, what: Service) -> Done:
        scope = self.actor.scope(Permission.SIM_BLOCK, self.clock.now())
        return await carry_out(self.database, scope, Command(mutation, MutationMode.APPLY, ""), what, at=self.clock.now())

    async def work(self) -> None:
        while await outbox.run_once(self.database, self.handlers, self.clock, worker="test"):
            pass

    async def stored(self) -> Sim:
        async with self.database.read() as session:
            return await session.get_one(Sim, self.card.id)

    async def trail(self) -> list[AuditEntry]:
        async with self.database.read() as session:
            return list((await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all())

    async def waiting(self) -> list[OutboxRow]:
        async with self.database.read() as session:
            return list((await session.scalars(select(OutboxRow).where(OutboxRow.state != OutboxState.DONE))).all())

    async def counts_fit(self) -> None:
        async with self.database.read() as session:
            counted = (await session.execute(select(Sim.account_id, Sim.status, func.count()).group_by(Sim.account_id, Sim.status))).all()
            kept = (await session.execute(select(SimCounter.account_id, SimCounter.status, SimCounter.count))).all()
        assert {(row[0], row[1]): row[2] for row in kept if row[2]} == {(row[0], row[1]): row[2] for row in counted}


def pause(until: datetime) -> Bar:
    return Bar(SimStatusReason.REQUEST, Barring.OUTGOING, until)


async def test_the_network_hears_each_change_in_order(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    await story.block()
    await story.unblock()

    await story.work()

    assert [(iccid, status, barring) for _, iccid, status, barring in story.carrier.told] == [
        (story.card.iccid, "BLOCKED", "ALL"),
        (story.card.iccid, "ACTIVE", "NONE"),
    ]
    assert len({command for command, *_ in story.carrier.told}) == 2
    assert await story.waiting() == []


async def test_a_refusal_is_put_right_by_the_system(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    story.carrier.answers = [NetworkRefused("line is under investigation")]
    await story.block()

    await story.work()

    card = await story.stored()
    assert (card.status, card.status_reason, card.barring, card.barred_by) == (SimStatus.ACTIVE, None, Barring.NONE, None)
    asked, reverted = await story.trail()
    assert (reverted.action, reverted.reason, reverted.by["label"]) == ("simStateRevert", "line is under investigation", "Simurgh")
    assert [(change["field"], change["before"], change["after"]) for change in reverted.changes] == [
        (change["field"], change["after"], change["before"]) for change in asked.changes
    ]
    assert len(story.carrier.told) == 1
    assert await story.waiting() == []
    await story.counts_fit()


async def test_a_refusal_that_comes_late_changes_nothing(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    story.carrier.answers = [NetworkRefused("no")]
    await story.block()
    await story.unblock()

    await story.work()

    assert (await story.stored()).status == SimStatus.ACTIVE
    assert [entry.action for entry in await story.trail()] == ["simBlock", "simUnblock"]


async def test_a_refused_activation_leaves_the_card_unused(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    story.card = two_tenants.one.sims[6]
    story.carrier.answers = [NetworkRefused("unknown card")]
    await story.change(service.ACTIVATE, {})
    assert (await story.stored()).activated_at == story.clock.now()

    await story.work()

    card = await story.stored()
    assert (card.status, card.activated_at) == (SimStatus.READY_TO_ACTIVATE, None)


async def test_silence_is_asked_again_with_the_same_command(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    story.carrier.answers = [NetworkSilent(), TimeoutError(), ConnectionResetError()] * 5
    await story.block()

    for _ in range(20):
        await story.work()
        story.clock.move(ASK_AGAIN)

    assert len(story.carrier.told) == 16
    assert len(set(story.carrier.told)) == 1
    assert (await story.stored()).status == SimStatus.BLOCKED
    assert await story.waiting() == []


async def test_a_suspension_ends_by_itself(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    until = story.clock.now() + timedelta(days=2)
    await story.block(pause(until))
    await story.work()
    story.clock.move(timedelta(days=2, seconds=-1))
    await story.work()
    assert (await story.stored()).status == SimStatus.SUSPENDED

    story.clock.move(timedelta(seconds=1))
    await story.work()

    card = await story.stored()
    assert (card.status, card.barring, card.barred_by, card.resumes_at) == (SimStatus.ACTIVE, Barring.NONE, None, None)
    assert [(entry.action, entry.by["label"]) for entry in await story.trail()] == [("simBlock", "Sara Karimi"), ("simResume", "Simurgh")]
    assert [status for _, _, status, _ in story.carrier.told] == ["SUSPENDED", "ACTIVE"]
    async with database.read() as session:
        states = (await session.scalars(select(SimState).where(SimState.sim_id == card.id).order_by(SimState.valid_from))).all()
    assert [state.status for state in states] == ["ACTIVE", "SUSPENDED", "ACTIVE"]
    assert states[1].valid_to == until
    await story.counts_fit()


async def test_only_that_suspension_ends(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    now = story.clock.now()
    await story.block(pause(now + timedelta(days=1)))
    await story.block(pause(now + timedelta(days=5)))
    story.clock.move(timedelta(days=1))

    await story.work()

    card = await story.stored()
    assert (card.status, card.resumes_at) == (SimStatus.SUSPENDED, now + timedelta(days=5))
    await story.block(LOST)
    story.clock.move(timedelta(days=9))
    await story.work()
    assert (await story.stored()).status == SimStatus.BLOCKED
    assert Counter(entry.action for entry in await story.trail()) == {"simBlock": 3}


async def test_a_wake_up_that_runs_twice_acts_once(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    await story.block(pause(story.clock.now() + timedelta(days=1)))
    story.clock.move(timedelta(days=1))
    (wake,) = [row for row in await story.waiting() if row.kind == "sims.resume"]
    task = outbox.Task(wake.seq or 0, wake.kind, wake.subject, wake.payload, 1)

    for _ in range(2):
        await story.handlers[wake.kind](task)

    assert [entry.action for entry in await story.trail()] == ["simBlock", "simResume"]


async def test_a_refused_wake_up_stays_until_somebody_lifts_it(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    await story.block(pause(story.clock.now() + timedelta(days=1)))
    await story.work()
    story.clock.move(timedelta(days=1))
    story.carrier.answers = [NetworkRefused("not now")]

    await story.work()

    card = await story.stored()
    assert (card.status, card.barring, card.barred_by, card.resumes_at) == (SimStatus.SUSPENDED, Barring.OUTGOING, BarredBy.COMPANY, None)
    assert await story.waiting() == []
    await story.unblock()
    assert (await story.stored()).status == SimStatus.ACTIVE


async def test_a_lock_goes_with_the_line_to_each_card_it_comes_to(database: Database, two_tenants: TwoTenants) -> None:
    story = Story(database, two_tenants)
    till, spare = "490154203237518", await make_spare(database, two_tenants.one, SEALER)
    proof, was, new = Proof(story.clock.now()), story.card.iccid, spare.iccid
    await story.carry("simImeiLock", lambda work: locking.lock_device(work, proof, story.card.id, till))
    await story.work()
    story.carrier.answers = [NetworkRefused("no such card")]

    await story.carry("simReplace", lambda work: replacing.replace(work, SEALER, proof, story.card.id, spare.id, SimStatusReason.LOST))
    await story.work()
    put_back = await story.stored()
    await story.carry("simReplace", lambda work: replacing.replace(work, SEALER, proof, story.card.id, spare.id, SimStatusReason.LOST))
    await story.work()

    assert (put_back.iccid, put_back.locked_imei) == (was, till)
    locks = [iccid for _, iccid, what, *rest in story.carrier.told if what == "lock" and rest == [till]]
    assert locks == [was, was, new]
    assert (await story.stored()).locked_imei == till
    assert await story.waiting() == []
