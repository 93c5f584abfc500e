"""Bills are paid by any way, wholly or in part, never by more than is due without saying so; what is paid and due is what the ledger says."""

import asyncio
import random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.audit.writing import Done
from domain.billing.paying import bill_pay
from domain.billing.states import BillState
from domain.billing.tables import Bill
from domain.hierarchy.service import account_move
from domain.kernel.calendar import day_of
from domain.kernel.errors import DomainError, InsufficientFunds, InvalidInput, NotFound, StateConflict
from domain.kernel.permissions import Permission
from domain.payments.service import ByPaper, FromWallet, Way, refund, resolve
from domain.payments.tables import Payment, PaymentState
from domain.wallet.tables import LedgerEntry
from store.session import Database
from tests.domain.billing.debts import bill_now, company, done, operator, owed, purses
from tests.ledger import adjust, faults
from tests.world import NOW, Tenant, make_tenant

TOTAL = 171_050
"""120,000 and 35,500 with 10 % of each."""


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    return await make_tenant(database, 0)


async def pay(database: Database, tenant: Tenant, bill_id: UUID, way: Way, amount: int | None = None, *, key: UUID | None = None) -> Done:
    scope = company(tenant, Permission.BILL_PAY)
    return await done(database, scope, "billPay", lambda work: bill_pay(work, bill_id, amount, way), key=key)


def slip(number: int) -> ByPaper:
    return ByPaper(is_cheque=False, reference=f"S-{number}", paid_on=day_of(NOW))


async def confirm(database: Database, payment_id: UUID, *, is_received: bool = True) -> Done:
    scope = operator(Permission.PAYMENT_SETTLE)
    return await done(database, scope, "paymentResolve", lambda work: resolve(work, payment_id, is_received=is_received))


async def test_a_bill_is_paid_in_parts_from_a_wallet(database: Database, tenant: Tenant) -> None:
    root = tenant.accounts["root"]
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, tenant.wallets["root"], 200_000)
    wallet = FromWallet(tenant.wallets["root"])

    first = await pay(database, tenant, bill.id, wallet, 71_050)
    now = await bill_now(database, bill.id)
    assert (now.state, now.paid, now.amount_due) == (BillState.PARTIALLY_PAID, 71_050, 100_000)
    assert {change.field for change in first.plan.changes} >= {"amountDue", "state"}

    await pay(database, tenant, bill.id, wallet)
    now = await bill_now(database, bill.id)
    assert (now.state, now.paid, now.amount_due) == (BillState.SETTLED, TOTAL, 0)
    assert await purses(database, root) == {"WALLET": 200_000 - TOTAL, "RECEIVABLE": 0}
    assert await faults(database) == []


async def test_more_than_is_due_is_refused(database: Database, tenant: Tenant) -> None:
    bill = await owed(database, tenant.accounts["root"], tenant.sims[0])
    await adjust(database, tenant.wallets["root"], 10 * TOTAL)

    with pytest.raises(InvalidInput) as refusal:
        await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]), TOTAL + 1)
    assert refusal.value.params["most"] == TOTAL
    await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]))
    with pytest.raises(StateConflict):
        await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]))


async def test_an_empty_wallet_pays_nothing(database: Database, tenant: Tenant) -> None:
    bill = await owed(database, tenant.accounts["root"], tenant.sims[0])

    with pytest.raises(InsufficientFunds):
        await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]))
    assert (await bill_now(database, bill.id)).amount_due == TOTAL


@pytest.mark.parametrize("state", [BillState.NEW, BillState.ON_HOLD, BillState.VALIDATED])
async def test_what_is_not_issued_is_not_paid(database: Database, tenant: Tenant, state: BillState) -> None:
    bill = await owed(database, tenant.accounts["root"], tenant.sims[0])
    async with database.write() as session:
        await session.execute(update(Bill).where(col(Bill.id) == bill.id).values(state=state))

    with pytest.raises(StateConflict):
        await pay(database, tenant, bill.id, slip(1), 1)


async def test_a_bill_outside_is_not_found(database: Database, tenant: Tenant) -> None:
    other = await make_tenant(database, 1)
    bill = await owed(database, other.accounts["root"], other.sims[0])

    for amount in (None, 5):
        with pytest.raises(NotFound):
            await pay(database, tenant, bill.id, slip(1), amount)


async def test_the_same_key_pays_once(database: Database, tenant: Tenant) -> None:
    bill = await owed(database, tenant.accounts["root"], tenant.sims[0])
    await adjust(database, tenant.wallets["root"], TOTAL)
    key = uuid4()

    outcomes = [await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]), 50, key=key) for _ in range(2)]

    assert outcomes[0].result == outcomes[1].result
    assert (await bill_now(database, bill.id)).paid == 50


async def test_twenty_wallet_payments_at_once_pay_a_bill_once(database: Database, tenant: Tenant) -> None:
    root = tenant.accounts["root"]
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, tenant.wallets["root"], 20 * TOTAL)
    payments = (pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]), 20_000) for _ in range(20))

    outcomes = await asyncio.gather(*payments, return_exceptions=True)

    assert sum(isinstance(one, Done) for one in outcomes) == TOTAL // 20_000
    assert all(isinstance(one, Done | DomainError) for one in outcomes)
    now = await bill_now(database, bill.id)
    assert (now.paid, now.amount_due) == (160_000, 11_050)
    assert await purses(database, root) == {"WALLET": 20 * TOTAL - 160_000, "RECEIVABLE": -11_050}
    assert await faults(database) == []


async def test_twenty_slips_at_once_fill_the_bill_and_the_rest_says_where_it_went(database: Database, tenant: Tenant) -> None:
    root = tenant.accounts["root"]
    bill = await owed(database, root, tenant.sims[0])
    begun = [await pay(database, tenant, bill.id, slip(number), 20_000) for number in range(20)]
    ids = [one.result["payment"] for one in begun if one.result]
    assert (await bill_now(database, bill.id)).paid == 0

    ended = await asyncio.gather(*(confirm(database, id) for id in ids))

    now = await bill_now(database, bill.id)
    assert (now.state, now.paid, now.amount_due) == (BillState.SETTLED, TOTAL, 0)
    assert await purses(database, root) == {"WALLET": 400_000 - TOTAL, "RECEIVABLE": 0}
    told = [change for one in ended for change in one.plan.changes if change.field == "balance"]
    assert sum(change.money.minor for change in told if change.money) == 400_000 - TOTAL
    assert await faults(database) == []


async def test_what_is_given_back_is_due_again(database: Database, tenant: Tenant) -> None:
    root = tenant.accounts["root"]
    bill = await owed(database, root, tenant.sims[0])
    payment = (await pay(database, tenant, bill.id, slip(1))).result
    assert payment is not None
    await confirm(database, payment["payment"])
    scope = operator(Permission.PAYMENT_SETTLE)

    await done(database, scope, "paymentRefund", lambda work: refund(work, payment["payment"], 70_000, is_to_wallet=True))

    now = await bill_now(database, bill.id)
    assert (now.state, now.paid, now.amount_due) == (BillState.PARTIALLY_PAID, TOTAL - 70_000, 70_000)
    assert await purses(database, root) == {"WALLET": 70_000, "RECEIVABLE": -70_000}
    assert await faults(database) == []


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_done_bill_and_ledger_say_the_same(database: Database, tenant: Tenant, seed: int) -> None:
    chance, root, wallet_id = random.Random(seed), tenant.accounts["root"], tenant.wallets["root"]
    bill = await owed(database, root, tenant.sims[0])
    await adjust(database, wallet_id, 100_000)
    scope = operator(Permission.PAYMENT_SETTLE)
    for step in range(25):
        async with database.read() as session:
            payments = (await session.scalars(select(Payment).order_by(col(Payment.id)))).all()
        waiting = [one.id for one in payments if one.state == PaymentState.CREATED]
        settled = [one.id for one in payments if one.state == PaymentState.SETTLED and one.refund_of_id is None]
        try:
            match chance.randrange(4):
                case 0:
                    await pay(database, tenant, bill.id, FromWallet(wallet_id), chance.choice((None, chance.randrange(1, 90_000))))
                case 1:
                    await pay(database, tenant, bill.id, slip(step), chance.choice((None, chance.randrange(1, TOTAL))))
                case 2 if waiting:
                    await confirm(database, chance.choice(waiting), is_received=chance.random() < 0.8)
                case 3 if settled:
                    given, amount = chance.choice(settled), chance.choice((None, chance.randrange(1, 90_000)))
                    way = chance.random() < 0.7
                    await done(
                        database, scope, "paymentRefund", lambda work, id=given, of=amount, to=way: refund(work, id, of, is_to_wallet=to)
                    )  # fmt: skip
        except DomainError:
            pass
        now = await bill_now(database, bill.id)
        assert now.paid + now.amount_due == TOTAL
        assert 0 <= now.paid <= TOTAL
        assert (await purses(database, root))["RECEIVABLE"] == -now.amount_due
        expected = BillState.SETTLED if now.amount_due == 0 else BillState.SENT if now.paid == 0 else BillState.PARTIALLY_PAID
        assert now.state == expected
    assert await faults(database) == []


async def test_each_wallet_moves_at_its_own_place(database: Database, tenant: Tenant) -> None:
    """Whoever sees a subtree sees what its own wallets paid and got, not what others did for its bills."""
    sales, office = tenant.accounts["sales"], tenant.accounts["office"]
    bill = await owed(database, sales, tenant.sims[0])
    await adjust(database, tenant.wallets["root"], TOTAL)
    await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]), 1_000)
    begun = await pay(database, tenant, bill.id, slip(1))
    await pay(database, tenant, bill.id, FromWallet(tenant.wallets["root"]), 2_000)
    mover = company(tenant, Permission.ACCOUNT_MANAGE)
    await done(database, mover, "accountMove", lambda work: account_move(work, sales.id, office.id))
    assert begun.result is not None
    await confirm(database, begun.result["payment"])

    async with database.read() as session:
        now = (await session.get_one(Account, sales.id)).path
        statement = select(LedgerEntry.ledger_account_id, LedgerEntry.amount, LedgerEntry.path)
        statement = statement.where(col(LedgerEntry.ledger_account_id).in_(tenant.wallets.values()), col(LedgerEntry.amount).in_((-1_000, 2_000)))
        moved = {tuple(row) for row in await session.execute(statement)}
    assert now != sales.path
    assert moved == {(tenant.wallets["root"], -1_000, tenant.accounts["root"].path), (tenant.wallets["sales"], 2_000, now)}
