"""The demo world: whole, sane, the same for the same seed, on both engines."""

import shutil
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from api.books import LOOKS
from auth.wiring import Auth
from domain import registry
from domain.accounts.tables import Account, Organization
from domain.approvals.deciding import decide
from domain.approvals.tables import Approval, ApprovalAsked, ApprovalState, Budget
from domain.audit.chain import first_broken
from domain.audit.writing import Work
from domain.bundles import rules
from domain.bundles.service import TURN
from domain.bundles.tables import Bucket, Product, ProductStatus
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun
from domain.hierarchy.present import MOVES_DUE
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.kernel.sealing import Sealer
from domain.orders import held
from domain.orders.service import RECEIPT
from domain.orders.tables import Order, OrderItem, OrderState
from domain.payments.service import FOLLOW_UP
from domain.payments.tables import Payment, PaymentState, VoucherBatch
from domain.people.tables import Membership, Person
from domain.sims.states import BarredBy, SimStatus
from domain.sims.tables import GroupMember, Sim, SimApn, SimCounter, SimPlacement
from domain.sims.transitions import RESUME
from domain.tickets.documents import TicketMessage
from domain.tickets.states import TicketState
from domain.tickets.tables import Ticket
from domain.usage.documents import UsageRecord
from domain.wallet.proof import prove
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerTransfer
from seeds import identities
from seeds.demo import seed_demo
from seeds.size import Size
from store.documents import open_documents
from store.models import table_of
from store.outbox import OutboxRow
from store.session import Database
from tests.domain.hierarchy.moving import dated, present, settled
from tests.world import NOW

SECRET = {"sim_secrets", "auth_totps", "auth_recovery_codes"}
"""What holds salts and nonces, which no seed decides."""


def auth_on(database: Database) -> Auth:
    return Auth.on(database, Sealer("a master key of the tests"), issuer="http://127.0.0.1")


@pytest.fixture
async def world(database: Database, documents: Any) -> Database:
    """A small demo world."""
    assert await seed_demo(auth_on(database), at=NOW, size=Size.SMALL)
    return database


async def rows(database: Database) -> dict[str, list[Any]]:
    """Everything that is stored, secrets apart."""
    async with database.read() as session:
        return {
            table.__tablename__: sorted(map(repr, await session.execute(select(table_of(table)))))
            for table in registry.TABLES
            if table.__tablename__ not in SECRET
        }


async def test_the_same_seed_gives_the_same_world(sqlite_template: Path, tmp_path: Path, document_server_url: str) -> None:
    async def seeded(name: str, seed: int) -> tuple[dict[str, list[Any]], list[Any]]:
        database = Database(f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / name)}")
        async with open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid.uuid4().hex}") as documents:
            await seed_demo(auth_on(database), at=NOW, seed=seed, size=Size.SMALL)
            records = [record async for record in documents["usage_records"].find().sort("_id")]
        stored = await rows(database)
        await database.close()
        return stored, records

    one, same, other = await seeded("one.db", 1), await seeded("same.db", 1), await seeded("other.db", 2)

    assert one == same
    assert one[0]["sims"] != other[0]["sims"] and one[0]["organizations"] != other[0]["organizations"]


@pytest.mark.parametrize("days", [0, 8, 15])
async def test_a_world_can_be_seeded_on_any_day(sqlite_template: Path, tmp_path: Path, document_server_url: str, days: int) -> None:
    """What a small company bought apart from its fleet is a matter of luck, and may be nothing."""
    database = Database(f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'another_day.db')}")
    async with open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid.uuid4().hex}"):
        await seed_demo(auth_on(database), at=datetime(2026, 11, 22, 19, 5, tzinfo=UTC) + timedelta(days=days), size=Size.SMALL)

    async with database.read() as session:
        budgets = (await session.scalars(select(Budget))).all()
    assert len([budget for budget in budgets if budget.committed]) == 2 and len(budgets) in {2, 3}
    await database.close()


async def test_a_world_is_seeded_once(world: Database) -> None:
    before = await rows(world)

    again = await seed_demo(auth_on(world), at=NOW + timedelta(days=1), seed=2, size=Size.SMALL)

    assert again is False
    assert await rows(world) == before


async def test_the_books_are_right_and_the_trails_whole(world: Database) -> None:
    async with world.read() as session:
        assert await prove(session, looks=LOOKS) == []
        for organization in await session.scalars(select(Organization.id)):
            assert await first_broken(session, organization) is None
        wallets = list(await session.scalars(select(LedgerAccount.balance).where(LedgerAccount.kind == LedgerAccountKind.WALLET)))
        orders = Counter(await session.scalars(select(Order.state)))
        paid = await session.scalar(select(func.sum(OrderItem.net + OrderItem.vat)))
        placed = await session.scalar(select(func.sum(Order.net + Order.vat)))
    assert sum(balance == 0 for balance in wallets) > 3 and sum(balance >= 10_000_000 for balance in wallets) > 3
    assert orders[OrderState.COMPLETED] > 10 and orders[OrderState.FAILED] + orders[OrderState.PARTIAL] >= 1
    assert paid == placed


async def test_an_order_waits_for_its_approver_and_a_budget_is_well_used(world: Database) -> None:
    async with world.read() as session:
        approval = (await session.scalars(select(Approval))).one()
        order = await session.get_one(Order, approval.subject_id)
        asked = (await session.execute(select(Person.email).join(ApprovalAsked, col(ApprovalAsked.person_id) == Person.id))).scalars().all()
        budgets = list(await session.scalars(select(Budget).order_by(col(Budget.amount))))
        on_hold = await session.scalar(select(LedgerAccount.held).where(LedgerAccount.owner_id == approval.account_id))
    used = [(budget.spent + budget.committed) * 100 // (budget.amount or 1) for budget in budgets]
    assert (approval.state, order.state, asked) == (ApprovalState.PENDING, OrderState.HELD, [identities.SARA.email])
    assert (used[0], budgets[0].told) == (78, 75)
    assert [budget.committed for budget in budgets] == [0, order.net + order.vat, order.net + order.vat]
    assert on_hold == order.net + order.vat


async def test_two_groups_have_their_policies_and_one_run_wanted_funds(world: Database) -> None:
    async with world.read() as session:
        policies = (await session.scalars(select(PaymentPolicy))).all()
        sizes = (await session.execute(select(func.count()).select_from(GroupMember).group_by(col(GroupMember.group_id)))).scalars().all()
        (run,) = (await session.scalars(select(PaymentPolicyRun))).all()
    assert len(policies) == len(sizes) == 2 and all(policy.is_active for policy in policies)
    assert run.failure is not None and run.failure["code"] == "INSUFFICIENT_FUNDS"


async def test_a_waiting_order_of_the_demo_is_granted(world: Database) -> None:
    async with world.read() as session:
        approval = (await session.scalars(select(Approval))).one()
        sara = (await session.scalars(select(Person).where(col(Person.email) == identities.SARA.email))).one()
    assert held.SUBJECTS
    scope = Scope(ActorRef(sara.id, sara.name, sara.id), Permission.APPROVAL_DECIDE, (Reach(approval.organization_id),), NOW)
    async with world.write() as session:
        await decide(Work(session, scope, NOW, MutationMode.APPLY), approval.id, True, None)
    async with world.read() as session:
        assert (await session.get_one(Order, approval.subject_id)).state == OrderState.ACKNOWLEDGED
        assert {budget.committed for budget in await session.scalars(select(Budget))} == {0}
        assert await prove(session, looks=LOOKS) == []


async def test_counters_count_and_every_state_and_edge_case_is_there(world: Database) -> None:
    async with world.read() as session:
        sims = list(await session.scalars(select(Sim)))
        counters = {(row.account_id, row.status): row.count for row in await session.scalars(select(SimCounter))}
        depths = set(await session.scalars(select(Account.depth)))
        placements = list(await session.scalars(select(SimPlacement.sim_id).where(col(SimPlacement.valid_to).is_(None))))
        products = list(await session.scalars(select(Product)))
        apns = list(await session.scalars(select(SimApn)))
    assert Counter((sim.account_id, sim.status) for sim in sims) == counters
    assert len(sims) == Size.SMALL.cards and len(placements) == len(set(placements)) == len(sims)
    assert {sim.status for sim in sims} == set(SimStatus)
    assert {sim.barred_by for sim in sims if sim.barred_by} == set(BarredBy)
    assert depths == {0, 1, 2, 3}
    assert any(sim.msisdn is None for sim in sims) and any(not sim.holder_name for sim in sims if sim.msisdn)
    assert any(sim.resumes_at and sim.resumes_at > NOW for sim in sims) and any((sim.debt or 0) > 0 for sim in sims)
    assert any(len(sim.holder_name or "") > 50 for sim in sims)
    assert any(product.ends_at and NOW < product.ends_at < NOW + timedelta(days=2) for product in products)
    assert {apn.pdn_type for apn in apns} >= {"IPV4", "IPV4V6"} and any(apn.static_address for apn in apns)
    assert {ProductStatus(product.status) for product in products} >= {ProductStatus.ACTIVE}


async def test_traffic_agrees_with_buckets_and_cards(world: Database) -> None:
    records = await UsageRecord.find_all().to_list()
    async with world.read() as session:
        buckets = {bucket.id: bucket for bucket in await session.scalars(select(Bucket))}
        sims = {sim.id: sim for sim in await session.scalars(select(Sim))}
    taken: Counter[Any] = Counter()
    last: dict[Any, datetime] = {}
    for record in records:
        last[record.sim_id] = max(record.started_at, last.get(record.sim_id, record.started_at))
        assert record.is_included is (record.bucket_id is not None) and not (record.is_included and record.charge)
        if record.bucket_id:
            taken[record.bucket_id] += record.quantity

    assert len(records) > 1_500 and max(last.values()) > NOW - timedelta(minutes=30)
    assert {bucket.id: bucket.total - bucket.remaining for bucket in buckets.values() if bucket.total != bucket.remaining} == taken
    assert {sim.id: sim.last_usage_at for sim in sims.values() if sim.last_usage_at} == last
    for sim in sims.values():
        own = [bucket for bucket in buckets.values() if bucket.sim_id == sim.id]
        assert (sim.data_remaining, sim.next_bucket_end_at) == (rules.data_remaining(own, NOW), rules.next_end_at(own, NOW))


async def test_tickets_of_every_state_have_their_talk(world: Database) -> None:
    talk = Counter([message.ticket_id for message in await TicketMessage.find_all().to_list()])
    async with world.read() as session:
        tickets = list(await session.scalars(select(Ticket)))

    assert {ticket.state for ticket in tickets} == set(TicketState)
    assert {ticket.id for ticket in tickets} == set(talk)
    assert any(ticket.due_at is not None and ticket.due_at < NOW for ticket in tickets)  # one that support is told of
    assert all((ticket.closes_at is not None) is (ticket.state == "RESOLVED") for ticket in tickets)
    assert all((ticket.due_at is None) is (ticket.state in ("PENDING", "RESOLVED", "CLOSED")) for ticket in tickets)


async def test_money_came_in_by_payments_and_one_stands_in_each_state(world: Database) -> None:
    async with world.read() as session:
        organizations = list(await session.scalars(select(Organization.id)))
        payments = list(await session.scalars(select(Payment)))
        booked = await session.scalar(select(func.count()).where(LedgerTransfer.reason == "TOP_UP"))
        (batch,) = await session.scalars(select(VoucherBatch))

    for organization_id in organizations:
        own = [payment for payment in payments if payment.organization_id == organization_id]
        assert {payment.state for payment in own} == set(PaymentState)
        assert len({payment.number for payment in own}) == len(own)
    assert sum(payment.state == PaymentState.SETTLED for payment in payments) == booked
    assert all((payment.transfer_id is not None) == (payment.state == PaymentState.SETTLED) for payment in payments)
    assert (batch.count, batch.redeemed_count) == (100, 0)


async def test_the_worker_gets_what_is_still_to_come(world: Database) -> None:
    async with world.read() as session:
        due = list(await session.scalars(select(OutboxRow)))
        orders = await session.scalar(
            select(func.count()).where(Order.placed_at > NOW - timedelta(days=15), Order.state != OrderState.HELD)
        )
        paused = await session.scalar(select(func.count()).where(col(Sim.resumes_at) > NOW))
        waiting = await session.scalar(select(func.count()).where(Payment.method == "GATEWAY", col(Payment.finished_at).is_(None)))
        running = await session.scalar(select(func.count()).where(col(Product.ends_at) > NOW))

    assert all(row.run_at > NOW for row in due)
    assert Counter(row.kind for row in due) == {RECEIPT: orders, RESUME: paused, TURN: running, MOVES_DUE: 1, FOLLOW_UP: waiting}


async def test_one_account_was_elsewhere_and_another_will_be(world: Database) -> None:
    async with world.read() as session:
        moved = list(await session.scalars(select(Account).where(col(Account.number).in_(["1121", "124"])).order_by(Account.number)))
        others = dict((await session.execute(select(Account.number, Account.path).where(Account.organization_id == moved[0].organization_id))).all())
    quay, export = moved
    present_now = await present(world, quay.organization_id)

    assert present_now == await dated(world, quay.organization_id, NOW)
    assert quay.former_paths == [others["111"] + quay.path[-5:]]
    await settled(world, quay.organization_id, present_now["next"])
    async with world.read() as session:
        assert (await session.scalar(select(Account.path).where(Account.id == export.id))) == others["140"] + export.path[-5:]


async def test_everybody_to_sign_in_as_is_there(world: Database) -> None:
    async with world.read() as session:
        roles = await session.execute(select(Person.mobile, Membership.role).join(Membership, col(Membership.person_id) == Person.id))
        held = {(mobile, role) for mobile, role in roles}
    assert {(one.mobile, one.role) for one in identities.EVERYBODY if one not in identities.GROWN} <= held
    assert not {one.mobile for one in identities.GROWN} & {mobile for mobile, _ in held}


async def test_a_grown_company_is_whole_as_well(database: Database, documents: Any) -> None:
    await seed_demo(auth_on(database), at=NOW, size=Size.MEDIUM)

    async with database.read() as session:
        assert await prove(session, looks=LOOKS) == []
        grown = await session.scalar(select(Organization.id).where(Organization.legal_id == identities.ARVAND))
        assert await first_broken(session, grown) is None
        sims = {sim.id: sim for sim in await session.scalars(select(Sim).where(Sim.organization_id == grown))}
        buckets = list(await session.scalars(select(Bucket).where(Bucket.organization_id == grown)))
        counted = await session.scalar(select(func.sum(SimCounter.count)).where(SimCounter.organization_id == grown))
        depths = Counter(await session.scalars(select(Account.depth).where(Account.organization_id == grown)))
        placed = list(await session.scalars(select(Order.placed_at).where(Order.organization_id == grown).order_by(col(Order.number))))
        managers = select(Person.mobile).join(Membership, col(Membership.person_id) == Person.id)
        mobiles = list(await session.scalars(managers.where(Membership.organization_id == grown)))
    live = [bucket for bucket in buckets if bucket.starts_at <= NOW and (bucket.ends_at is None or bucket.ends_at > NOW)]
    recorded = {record.sim_id for record in await UsageRecord.find({"organization_id": grown}).to_list()}
    assert len(sims) == counted == Size.MEDIUM.grown[0] and depths == {0: 1, 1: 2, 2: 4, 3: 8}
    assert 2 < len(live) / len(sims) < 4
    assert placed == sorted(placed) and placed[0] < NOW - timedelta(days=200)
    assert sum(sim.last_usage_at is not None for sim in sims.values()) > 900
    assert 0 < len(recorded) <= len(sims) // 100
    assert mobiles == [identities.YASAMAN.mobile]
