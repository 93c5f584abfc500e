"""Holders who don't sign in ask by SMS: the manager answers, money moves, and everything is told and counted once."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from domain.approvals.deciding import decide, expire
from domain.approvals.rules import ANSWER_WITHIN
from domain.approvals.tables import Approval, ApprovalAsked, ApprovalState
from domain.audit.tables import AuditEntry
from domain.kernel.errors import AlreadyExists, NotEligible, NotFound
from domain.kernel.permissions import Permission
from domain.kernel.plan import ApprovalReason
from domain.kernel.scope import CONSOLE, system_scope
from domain.transfers.requests import heard, transfers_open
from domain.transfers.rules import Wish, wish_of
from domain.wallet.tables import LedgerReason
from store.outbox import OutboxRow
from store.session import Database
from tests.approvals import write
from tests.ledger import balances, faults, work_on
from tests.transfers import balance, choose, fill, move, prepaid
from tests.world import NOW, Tenant, TwoTenants


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("*116*50000#", Wish(50_000)), ("116*50000", Wish(50_000)), ("*116*+998901234567*2500#", Wish(2_500)), ("شارژ ۵۰۰۰۰", Wish(50_000)),
        (" Credit 7000 ", Wish(7_000)), ("*111*0151#", Wish(None)), ("111*0151", Wish(None)), ("116", None), ("hello", None), ("116*-5", None),
        ("credit", None), ("1" * 400, None),
    ],
)  # fmt: skip
def test_what_an_sms_asks_for(text: str, wish: Wish | None) -> None:
    assert wish_of(text) == wish


@pytest.fixture
def tenant(two_tenants: TwoTenants) -> Tenant:
    return two_tenants.one


async def ask(database: Database, tenant: Tenant, wish: Wish, *, line: int = 0, at: Any = NOW, call: UUID | None = None) -> None:
    await heard(database, tenant.sims[line].msisdn or "", wish, call_id=call or uuid4(), at=at)


async def approvals(database: Database) -> list[Approval]:
    async with database.read() as session:
        return list((await session.scalars(select(Approval).order_by(col(Approval.requested_at)))).all())


async def answers(database: Database) -> list[Mapping[str, Any]]:
    async with database.read() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.kind == "transfer_answer").order_by(col(OutboxRow.seq)))
        return [row.payload for row in rows]


async def say(database: Database, tenant: Tenant, approval: Approval, *, is_granted: bool, note: str | None = None) -> None:
    await write(
        database, tenant.as_account_manager(), Permission.APPROVAL_DECIDE, "approvalDecide",
        lambda work: decide(work, approval.id, is_granted, note),
    )  # fmt: skip


async def test_a_request_waits_for_the_lines_manager_and_a_yes_moves_the_money(database: Database, tenant: Tenant) -> None:
    (line,) = await prepaid(database, tenant, 4_000)
    await fill(database, tenant, tenant.wallets["sales"], 1_000_000, LedgerReason.TOP_UP)

    await ask(database, tenant, Wish(50_000))
    (approval,) = await approvals(database)
    async with database.read() as session:
        asked = set(await session.scalars(select(ApprovalAsked.person_id)))
    await say(database, tenant, approval, is_granted=True, note="For the trip")

    assert (approval.reason, approval.state, approval.amount, approval.subject_id) == (ApprovalReason.CREDIT_REQUEST, "PENDING", 50_000, line)
    assert asked == {tenant.account_manager.id}
    assert [(change["field"], change["before"], change["after"]) for change in approval.plan["changes"]] == [("balance", "4000", "54000")]
    assert (await balance(database, line), await balance(database, tenant.wallets["sales"])) == (54_000, 950_000)
    assert [said["key"] for said in await answers(database)] == ["transfer.asked"]
    async with database.read() as session:
        told = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == "transfer_notice"))).all()
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "holderSms"))).one()
    assert {row.payload["side"] for row in told} == {"sent", "received"}
    assert entry.by["label"] == tenant.sims[0].msisdn
    assert await faults(database) == []


async def test_money_comes_from_the_nearest_wallet_above(database: Database, tenant: Tenant) -> None:
    """The account `field` has none, so `sales` pays."""
    (line,) = await prepaid(database, tenant, 0, first=3)
    await fill(database, tenant, tenant.wallets["sales"], 100_000, LedgerReason.TOP_UP)

    await ask(database, tenant, Wish(30_000), line=4)
    (approval,) = await approvals(database)
    await say(database, tenant, approval, is_granted=True)

    assert tenant.sims[4].id == line
    assert (await balance(database, line), await balance(database, tenant.wallets["sales"])) == (30_000, 70_000)


async def test_a_no_and_silence_move_nothing_and_are_told(database: Database, tenant: Tenant) -> None:
    (line,) = await prepaid(database, tenant, 4_000)

    await ask(database, tenant, Wish(50_000))
    await say(database, tenant, (await approvals(database))[0], is_granted=False)
    await ask(database, tenant, Wish(60_000), at=NOW + timedelta(minutes=1))
    second = (await approvals(database))[1]
    late = NOW + ANSWER_WITHIN + timedelta(hours=1)
    await write(database, tenant.as_profile_manager(), Permission.APPROVAL_DECIDE, "approvalExpire", lambda work: expire(work, second.id), at=late)

    assert [one.state for one in await approvals(database)] == [ApprovalState.REJECTED, ApprovalState.EXPIRED]
    assert [(said["key"], said["params"]["amount"]) for said in await answers(database)] == [
        ("transfer.asked", 50_000), ("transfer.not_granted", 50_000), ("transfer.asked", 60_000), ("transfer.not_granted", 60_000),
    ]  # fmt: skip
    assert await balance(database, line) == 4_000


async def test_a_yes_without_money_moves_nothing_and_waits_on(database: Database, tenant: Tenant) -> None:
    (line,) = await prepaid(database, tenant, 4_000)
    await ask(database, tenant, Wish(50_000))

    with pytest.raises(Exception, match="insufficient_funds"):
        await say(database, tenant, (await approvals(database))[0], is_granted=True)

    assert (await approvals(database))[0].state == ApprovalState.PENDING
    assert await balance(database, line) == 4_000


async def test_one_request_at_a_time_and_a_few_a_day(database: Database, tenant: Tenant) -> None:
    await prepaid(database, tenant, 4_000)

    for minute in range(6):
        at = NOW + timedelta(minutes=minute)
        await ask(database, tenant, Wish(1_000), at=at)
        await ask(database, tenant, Wish(2_000), at=at)
        if minute < 5:
            await say(database, tenant, (await approvals(database))[-1], is_granted=False)

    assert len(await approvals(database)) == 5
    keys = [said["key"] for said in await answers(database)]
    assert (keys.count("transfer.request_waits"), keys.count("transfer.requests")) == (5, 2)


async def test_the_same_call_asks_once(database: Database, tenant: Tenant) -> None:
    await prepaid(database, tenant, 4_000)
    call = uuid4()

    told = await asyncio.gather(*(ask(database, tenant, Wish(1_000), call=call) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(one, AlreadyExists) for one in told) == 7
    assert len(await approvals(database)) == len(await answers(database)) == 1


async def test_mu_07_asking_costs_and_a_refused_request_does_not(database: Database, tenant: Tenant) -> None:
    await choose(database, tenant, "mobi_uz")
    poor, rich = await prepaid(database, tenant, 99, 10_000)

    await ask(database, tenant, Wish(5_000), line=0)
    await ask(database, tenant, Wish(5_000), line=1)

    assert [one.subject_id for one in await approvals(database)] == [rich]
    assert (await balance(database, poor), await balance(database, rich)) == (None, 9_900)
    found = await balances(database, [tenant.id])
    assert (found[tenant.id, "REVENUE"], found[tenant.id, "TAX"]) == (91, 9)
    assert [said["key"] for said in await answers(database)] == ["error.insufficient_funds", "transfer.asked"]


async def test_lines_without_money_and_strangers_ask_for_nothing(database: Database, tenant: Tenant) -> None:
    await ask(database, tenant, Wish(5_000))
    await heard(database, "+989990000000", Wish(5_000), call_id=uuid4(), at=NOW)

    assert await approvals(database) == []
    assert [said["key"] for said in await answers(database)] == ["transfer.no_money"]


async def test_mu_08_a_holder_closes_a_line_and_the_office_opens_it(database: Database, tenant: Tenant) -> None:
    rich, line = await prepaid(database, tenant, 100_000, 0)

    for _ in range(2):
        await ask(database, tenant, Wish(None), line=1)
    with pytest.raises(NotEligible, match="opted_out"):
        await move(database, tenant, rich, line, 5_000)
    office = system_scope(Permission.WALLET_TRANSFER, NOW, by=CONSOLE)
    async with database.write() as session:
        await transfers_open(work_on(session, office), tenant.sims[1].msisdn or "")
    await move(database, tenant, rich, line, 5_000)

    assert [said["key"] for said in await answers(database)] == ["transfer.closed"] * 2
    async with database.write() as session:
        with pytest.raises(NotFound):
            await transfers_open(work_on(session, office), "+989990000000")

