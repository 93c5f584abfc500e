"""Paying bills takes out of budgets what no purchase took before, once, however it is paid, fails and goes back; beyond them it is refused."""

import asyncio
import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col, select

from domain.accounts.tables import CostCentre
from domain.audit.writing import Done
from domain.billing import rules
from domain.billing.paying import bill_pay
from domain.billing.tables import BillLine
from domain.kernel.errors import BudgetExceeded, DomainError
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.payments.service import FromWallet, refund
from domain.payments.tables import Payment, PaymentState
from domain.wallet.tables import LedgerTransfer
from store.session import Database
from tests.approvals import appoint, budget_of, set_bands, set_budget
from tests.domain.billing.debts import bill_now, done, operator, owed
from tests.domain.billing.test_paying import TOTAL, confirm, pay, slip
from tests.ledger import adjust, faults
from tests.world import NOW, Tenant, make_tenant

CHARGES = 132_000
"""What of the bill is usage where its second line was bought: 120,000 and 10 %."""


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await make_tenant(database, 0)


async def spent(database: Database, subject_id: UUID) -> int:
    row = await budget_of(database, subject_id)
    return row.spent if row else 0


async def was_bought(database: Database, line_id: UUID) -> None:
    """Has a line of a bill be one that was paid when it was made."""
    async with database.write() as session:
        transfer_id = (await session.scalars(select(LedgerTransfer.id).limit(1))).one()
        await session.execute(update(BillLine).where(col(BillLine.id) == line_id).values(transfer_id=transfer_id))


async def test_a_bill_over_budget_is_not_paid_by_any_way(database: Database, tenant: Tenant) -> None:
    root, wallet = tenant.accounts["root"], FromWallet(tenant.wallets["root"])
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet.wallet_id, TOTAL)
    await set_budget(database, tenant, "root", TOTAL - 1)

    for way in (wallet, slip(1)):
        with pytest.raises(BudgetExceeded) as refusal:
            await pay(database, tenant, bill.id, way)
        assert (refusal.value.required.minor, refusal.value.available.minor) == (TOTAL, TOTAL - 1)
    assert (await bill_now(database, bill.id)).paid == 0
    await pay(database, tenant, bill.id, wallet, TOTAL - 1)
    assert await spent(database, root.id) == TOTAL - 1
    with pytest.raises(BudgetExceeded):
        await pay(database, tenant, bill.id, wallet, 1)


async def test_what_was_bought_counts_when_it_is_bought_and_not_on_its_bill(database: Database, tenant: Tenant) -> None:
    root, wallet = tenant.accounts["root"], FromWallet(tenant.wallets["root"])
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet.wallet_id, TOTAL)
    await was_bought(database, bill.line_ids[1])
    await set_budget(database, tenant, "root", CHARGES)

    await pay(database, tenant, bill.id, wallet)

    assert (await bill_now(database, bill.id)).amount_due == 0
    assert await spent(database, root.id) == CHARGES


async def test_cost_centres_have_their_lines_and_no_more(database: Database, tenant: Tenant) -> None:
    root, wallet = tenant.accounts["root"], FromWallet(tenant.wallets["root"])
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet.wallet_id, TOTAL)
    centre = CostCentre(id=uuid7(), organization_id=tenant.id, code="CC-1", name="Trade fair")
    async with database.write() as session:
        session.add(centre)
        await session.flush()
        await session.execute(update(BillLine).where(col(BillLine.id) == bill.line_ids[0]).values(cost_centre_id=centre.id))
    await set_budget(database, tenant, Ref(Kind.COST_CENTRE, centre.id), CHARGES)

    for amount in (7, 1_001, 33_333, None):
        await pay(database, tenant, bill.id, wallet, amount)

    assert await spent(database, centre.id) == CHARGES


async def test_twenty_payments_at_once_pass_no_budget(database: Database, tenant: Tenant) -> None:
    root, wallet = tenant.accounts["root"], FromWallet(tenant.wallets["root"])
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet.wallet_id, 20 * TOTAL)
    await set_budget(database, tenant, "root", 70_000)

    outcomes = await asyncio.gather(*(pay(database, tenant, bill.id, wallet, 8_000) for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(one, Done) for one in outcomes) <= 8
    assert await spent(database, root.id) == (await bill_now(database, bill.id)).paid <= 64_000
    assert all(isinstance(one, Done | DomainError) for one in outcomes)


async def test_over_a_band_only_its_approver_pays(database: Database, tenant: Tenant) -> None:
    root, wallet = tenant.accounts["root"], FromWallet(tenant.wallets["root"])
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet.wallet_id, TOTAL)
    chief = await appoint(database, tenant, "Nasrin", Role.PROFILE_MANAGER, "root")
    await set_bands(database, tenant, "root", (100_000, chief.id))

    with pytest.raises(BudgetExceeded) as refusal:
        await pay(database, tenant, bill.id, wallet)
    assert (refusal.value.message_key, refusal.value.available.minor) == ("approvals.another", 99_999)
    for token_id, is_refused in ((uuid7(), True), (None, False)):
        by = Scope(ActorRef(chief.id, chief.name, chief.id, token_id), Permission.BILL_PAY, (Reach(tenant.id),), NOW)
        try:
            await done(database, by, "billPay", lambda work: bill_pay(work, bill.id, None, wallet))
        except BudgetExceeded:
            assert is_refused
        else:
            assert not is_refused
    assert (await bill_now(database, bill.id)).amount_due == 0


async def test_what_the_operator_writes_down_counts_and_is_never_refused(database: Database, tenant: Tenant) -> None:
    bill = await owed(database, tenant.accounts["root"], tenant.sims[0])
    await set_budget(database, tenant, "root", 1_000)

    begun = await done(database, operator(Permission.BILL_PAY), "billPay", lambda work: bill_pay(work, bill.id, None, slip(1)))

    assert begun.result is not None and await spent(database, tenant.accounts["root"].id) == TOTAL
    await confirm(database, begun.result["payment"], is_received=False)
    assert await spent(database, tenant.accounts["root"].id) == 0


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_paid_fails_and_goes_back_budgets_see_each_rial_once(database: Database, tenant: Tenant, seed: int) -> None:
    chance, root, wallet = random.Random(seed), tenant.accounts["root"], FromWallet(tenant.wallets["root"])
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet.wallet_id, 100_000)
    charges, limit = TOTAL, chance.choice((90_000, 150_000, 10 * TOTAL))
    if seed % 2:
        await was_bought(database, bill.line_ids[1])
        charges = CHARGES
    await set_budget(database, tenant, "root", limit)
    scope, refused = operator(Permission.PAYMENT_SETTLE), 0
    for step in range(30):
        async with database.read() as session:
            payments = (await session.scalars(select(Payment).order_by(col(Payment.id)))).all()
        waiting = [one.id for one in payments if one.state == PaymentState.CREATED]
        settled = [one.id for one in payments if one.state == PaymentState.SETTLED and one.refund_of_id is None]
        begun = sum(one.amount * (-1 if one.refund_of_id else 1) for one in payments if one.state != PaymentState.FAILED)
        assert await spent(database, root.id) == min(begun, charges) <= limit
        way, amount = chance.choice((wallet, slip(step))), chance.randrange(1, 80_000)
        try:
            match chance.randrange(5):
                case 0 | 1:
                    await pay(database, tenant, bill.id, way, amount)
                case 2 if waiting:
                    await confirm(database, chance.choice(waiting), is_received=chance.random() < 0.6)
                case 3 if settled:
                    given, of = chance.choice(settled), chance.choice((None, amount))
                    await done(database, scope, "paymentRefund", lambda work, id=given, of=of: refund(work, id, of, is_to_wallet=True))
        except BudgetExceeded as refusal:
            refused += 1
            assert min(begun + amount, charges) > limit and refusal.available.minor == limit - min(begun, charges)
        except DomainError:
            pass
    assert refused or limit > charges or begun + 80_000 < limit
    assert await faults(database) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 200)), max_size=6), st.lists(st.integers(1, 120), max_size=8))
def test_parts_of_a_bill_come_to_its_charges_once(lines: list[tuple[int, int]], payments: list[int]) -> None:
    ids = [None, *(uuid7() for _ in range(3))]
    charges: dict[UUID | None, int] = {}
    for place, amount in lines:
        charges[ids[place]] = charges.get(ids[place], 0) + amount
    whole, before, counted, shares = max(sum(charges.values()), 0), 0, 0, dict[UUID, int]()
    for amount in payments:
        taken, parts = rules.newly_counted(charges, before, before + amount)
        assert 0 <= taken <= amount and all(part > 0 for part in parts.values())
        before, counted = before + amount, counted + taken
        shares = {id: shares.get(id, 0) + parts.get(id, 0) for id in {*shares, *parts}}
    assert counted == min(before, whole)
    if before >= whole > 0:
        assert shares == {id: amount for id, amount in charges.items() if id is not None and amount > 0}
