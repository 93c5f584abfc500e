"""Objections to lines: with a ticket, decided once, never credited more than disputed, and the ledger says the same."""

import asyncio
import random
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from domain.audit.writing import Done
from domain.billing.disputes import bill_dispute, bill_dispute_resolve
from domain.billing.paying import bill_pay
from domain.billing.states import BillState, DisputeState
from domain.billing.tables import Bill, BillDispute, BillLine, BillNote
from domain.kernel.errors import AlreadyExists, DomainError, InvalidInput, NotFound, StateConflict
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.payments.service import FromWallet
from domain.tickets.tables import Ticket
from domain.wallet.tables import LedgerAccountKind as K
from store.session import Database
from tests.bills import Issued
from tests.domain.billing.debts import bill_now, company, done, operator, owed, purses
from tests.ledger import adjust, balances, faults
from tests.world import Tenant, make_tenant


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await make_tenant(database, 0)


@pytest.fixture
async def bill(database: Database, tenant: Tenant) -> Issued:
    return await owed(database, tenant.accounts["root"], tenant.sims[0], (120_000, 35_500, 7_005))


async def dispute(database: Database, tenant: Tenant, bill_id: UUID, line_ids: list[UUID], reason: str = "too much") -> Done:
    scope = company(tenant, Permission.BILL_DISPUTE)
    return await done(database, scope, "billDispute", lambda work: bill_dispute(work, bill_id, line_ids, reason, locale=Locale.EN))


async def decide(database: Database, dispute_id: UUID, credit: int | None, note: str = "You are right.", *, key: UUID | None = None) -> Done:
    scope = operator(Permission.BILL_RESOLVE)
    return await done(database, scope, "billDisputeResolve", lambda work: bill_dispute_resolve(work, dispute_id, credit, note), key=key)


def id_of(outcome: Done) -> Any:
    assert outcome.result is not None
    return outcome.result["dispute"]


async def stored(database: Database, id: UUID) -> BillDispute:
    async with database.read() as session:
        return await session.get_one(BillDispute, id)


async def notes(database: Database) -> list[BillNote]:
    async with database.read() as session:
        return list(await session.scalars(select(BillNote).order_by(col(BillNote.net))))


async def test_an_objection_opens_a_ticket_about_the_bill(database: Database, tenant: Tenant, bill: Issued) -> None:
    outcome = await dispute(database, tenant, bill.id, bill.line_ids[:2])

    row = await stored(database, id_of(outcome))
    assert (row.state, row.amount, row.credited) == (DisputeState.OPEN, 171_050, None)
    async with database.read() as session:
        ticket = await session.get_one(Ticket, row.ticket_id)
    assert (ticket.about_id, ticket.department) == (bill.id, "billing")
    assert outcome.result is not None
    assert outcome.result["message"]["text"] == "too much"


async def test_a_granted_part_is_a_credit_note_and_a_balanced_transfer(database: Database, tenant: Tenant, bill: Issued) -> None:
    root = tenant.accounts["root"]
    before = await purses(database, root)
    id = id_of(await dispute(database, tenant, bill.id, bill.line_ids[:2]))

    await decide(database, id, 50_000)

    row = await stored(database, id)
    assert (row.state, row.credited) == (DisputeState.GRANTED, 55_000)
    (note,) = await notes(database)
    assert (note.net, note.vat, note.is_booked, note.about_bill_id, note.account_id) == (-50_000, -5_000, True, bill.id, root.id)
    assert note.sim_id == tenant.sims[0].id
    assert (await purses(database, root))["RECEIVABLE"] == before["RECEIVABLE"] + 55_000 == -(await bill_now(database, bill.id)).amount_due
    assert (await bill_now(database, bill.id)).state == BillState.PARTIALLY_PAID
    house = await balances(database, [tenant.id])
    assert (house[tenant.id, K.REVENUE], house[tenant.id, K.TAX]) == (162_505 - 50_000, 16_251 - 5_000)
    assert await faults(database) == []


async def test_what_is_paid_already_comes_off_the_next_bill(database: Database, tenant: Tenant, bill: Issued) -> None:
    await adjust(database, tenant.wallets["root"], 178_756)
    wallet = FromWallet(tenant.wallets["root"])
    await done(database, company(tenant, Permission.BILL_PAY), "billPay", lambda work: bill_pay(work, bill.id, 150_000, wallet))
    before = await purses(database, tenant.accounts["root"])
    id = id_of(await dispute(database, tenant, bill.id, bill.line_ids[:1]))

    await decide(database, id, 100_000)

    assert (await stored(database, id)).credited == 110_000
    assert [(note.net, note.vat, note.is_booked) for note in await notes(database)] == [(-100_000, -10_000, False)]
    assert await purses(database, tenant.accounts["root"]) == before
    assert (await bill_now(database, bill.id)).amount_due == 28_756


async def test_all_of_it_gives_all_of_the_tax(database: Database, tenant: Tenant, bill: Issued) -> None:
    id = id_of(await dispute(database, tenant, bill.id, bill.line_ids))

    await decide(database, id, 162_505)

    assert (await stored(database, id)).credited == (await stored(database, id)).amount == 178_756
    assert (await purses(database, tenant.accounts["root"]))["RECEIVABLE"] == 0
    assert (await bill_now(database, bill.id)).state == BillState.SETTLED


async def test_lines_of_two_tax_rates_get_a_note_each(database: Database, tenant: Tenant, bill: Issued) -> None:
    async with database.write() as session:
        await session.execute(update(BillLine).where(col(BillLine.id) == bill.line_ids[0]).values(vat_rate=Decimal(9), vat=10_800))
    id = id_of(await dispute(database, tenant, bill.id, bill.line_ids[:2]))

    await decide(database, id, 155_500)

    assert [(note.net, note.vat, note.vat_rate) for note in await notes(database)] == [(-120_000, -10_800, 9), (-35_500, -3_550, 10)]


@pytest.mark.parametrize("credit", [None, 0])
async def test_turned_down_moves_nothing_and_may_be_tried_again(database: Database, tenant: Tenant, bill: Issued, credit: int | None) -> None:
    before = await purses(database, tenant.accounts["root"])
    id = id_of(await dispute(database, tenant, bill.id, bill.line_ids[:1]))

    await decide(database, id, credit, "The calls were made.")

    row = await stored(database, id)
    assert (row.state, row.credited, row.note) == (DisputeState.REJECTED, 0, "The calls were made.")
    assert await notes(database) == []
    assert await purses(database, tenant.accounts["root"]) == before
    await dispute(database, tenant, bill.id, bill.line_ids[:1])


async def test_never_more_than_disputed_and_never_twice(database: Database, tenant: Tenant, bill: Issued) -> None:
    id = id_of(await dispute(database, tenant, bill.id, bill.line_ids[:1]))

    for much in (120_001, -1):
        with pytest.raises(InvalidInput):
            await decide(database, id, much)
    key = uuid4()
    assert (await decide(database, id, 120_000, key=key)).result == (await decide(database, id, 120_000, key=key)).result
    with pytest.raises(StateConflict):
        await decide(database, id, 120_000)
    with pytest.raises(AlreadyExists):
        await dispute(database, tenant, bill.id, bill.line_ids[:2])
    assert len(await notes(database)) == 1


async def test_what_cannot_be_disputed(database: Database, tenant: Tenant, bill: Issued) -> None:
    other = await make_tenant(database, 1)
    foreign = await owed(database, other.accounts["root"], other.sims[0])
    async with database.write() as session:
        await session.execute(update(BillLine).where(col(BillLine.id) == bill.line_ids[2]).values(net=-5, vat=0))

    for lines, error in (
        ([], InvalidInput), (bill.line_ids[:1] * 2, InvalidInput), (bill.line_ids[2:], InvalidInput), (foreign.line_ids[:1], NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            await dispute(database, tenant, bill.id, lines)
    with pytest.raises(NotFound):
        await dispute(database, tenant, foreign.id, foreign.line_ids[:1])
    with pytest.raises(InvalidInput):
        await dispute(database, tenant, bill.id, bill.line_ids[:1], " ")
    async with database.write() as session:
        await session.execute(update(Bill).where(col(Bill.id) == bill.id).values(state=BillState.ON_HOLD))
    with pytest.raises(StateConflict):
        await dispute(database, tenant, bill.id, bill.line_ids[:1])


async def test_twenty_at_once_object_once_and_are_answered_once(database: Database, tenant: Tenant, bill: Issued) -> None:
    opened = await asyncio.gather(*(dispute(database, tenant, bill.id, bill.line_ids[:1]) for _ in range(20)), return_exceptions=True)
    (one,) = [outcome for outcome in opened if isinstance(outcome, Done)]

    decided = await asyncio.gather(*(decide(database, id_of(one), 1_000 + place) for place in range(20)), return_exceptions=True)

    assert sum(isinstance(outcome, Done) for outcome in decided) == 1
    assert all(isinstance(outcome, Done | DomainError) for outcome in (*opened, *decided))
    (note,) = await notes(database)
    assert (await purses(database, tenant.accounts["root"]))["RECEIVABLE"] == -178_756 - note.net - note.vat
    assert await faults(database) == []


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_decided_the_ledger_gave_what_disputes_say(database: Database, tenant: Tenant, seed: int) -> None:
    chance = random.Random(seed)
    nets = tuple(chance.randrange(1, 10**7) for _ in range(6))
    bill = await owed(database, tenant.accounts["root"], tenant.sims[0], nets)
    before = (await purses(database, tenant.accounts["root"]))["RECEIVABLE"]
    lines = bill.line_ids[:]
    chance.shuffle(lines)
    given = 0
    for part in (lines[:1], lines[1:3], lines[3:]):
        id = id_of(await dispute(database, tenant, bill.id, part))
        most = sum(nets[bill.line_ids.index(line)] for line in part)
        await decide(database, id, chance.choice((None, most, chance.randrange(1, most + 1))))
        row = await stored(database, id)
        given += row.credited or 0
        assert 0 <= (row.credited or 0) <= row.amount

    assert (await purses(database, tenant.accounts["root"]))["RECEIVABLE"] == before + given
    assert -sum(note.net + note.vat for note in await notes(database)) == given
    assert await faults(database) == []
