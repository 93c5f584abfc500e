"""Wallets on the ledger: paying, giving back, correcting."""

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from sqlmodel import col, select

from domain.audit.writing import Work
from domain.kernel.errors import InsufficientFunds, InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money, taxed
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM
from domain.wallet import service
from domain.wallet.purses import open_wallet
from domain.wallet.tables import LedgerEntry, LedgerTransfer
from store.session import Database
from tests import ledger
from tests.ledger import PRICE, adjust, work_on
from tests.world import NOW, Tenant, TwoTenants, counted_statements, operator_admin


async def funded(database: Database, tenant: Tenant, amount: int) -> UUID:
    """The wallet of the company's root account with so many rials in it."""
    await adjust(database, tenant.wallets["root"], amount)
    return tenant.wallets["root"]


async def balances(database: Database, tenant: Tenant) -> dict[str, int]:
    """Of the root account and the house, by kind."""
    found = await ledger.balances(database, [tenant.id, tenant.accounts["root"].id])
    return {kind: amount for (_, kind), amount in found.items()}


async def test_each_item_is_paid_by_a_transfer_of_its_own(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    wallet_id = await funded(database, tenant, 100_000_000)
    items = [(uuid7(), PRICE) for _ in range(100)]

    async with database.write() as session:
        work = work_on(session)
        with counted_statements(database) as statements:
            paid = await service.pay_for_items(work, account=tenant.accounts["root"], items=items, cause=Ref(Kind.ORDER, uuid7()))

    assert len(statements) <= 8
    assert len(set(paid.values())) == 100 and list(paid) == [id for id, _ in items]
    total = 100 * 275_006
    assert await balances(database, tenant) == {
        "WALLET": 100_000_000 - total, "REVENUE": 25_000_500, "TAX": 2_500_100, "CLEARING": -100_000_000,
    }  # fmt: skip
    (change,) = work.changes
    assert change.subject == Ref(Kind.WALLET, wallet_id) and change.money == Money(-total)
    assert (change.before, change.after) == ("100000000", str(100_000_000 - total))
    async with database.read() as session:
        entries = (
            await session.scalars(select(LedgerEntry).where(LedgerEntry.ledger_account_id == wallet_id).order_by(col(LedgerEntry.seq)))
        ).all()
    assert [entry.seq for entry in entries] == list(range(1, 102))
    assert all(entry.balance_after == before.balance_after + entry.amount for before, entry in pairwise(entries))


async def test_what_the_wallet_cannot_pay_in_full_is_not_paid_at_all(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await funded(database, tenant, 500_000)
    before = await balances(database, tenant)

    with pytest.raises(InsufficientFunds) as refused:
        async with database.write() as session:
            items = [(uuid7(), PRICE), (uuid7(), PRICE)]
            await service.pay_for_items(work_on(session), account=tenant.accounts["root"], items=items, cause=Ref(Kind.ORDER, uuid7()))

    assert (refused.value.required, refused.value.available) == (Money(550_012), Money(500_000))
    after = await balances(database, tenant)
    assert before["WALLET"] == after["WALLET"] == 500_000
    async with database.read() as session:
        assert len((await session.scalars(select(LedgerTransfer))).all()) == 1


async def test_free_items_move_nothing_and_an_account_without_wallet_pays_nothing(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    free = [(uuid7(), taxed(Money(0), Decimal(10)))]

    async with database.write() as session:
        work = work_on(session)
        assert await service.pay_for_items(work, account=tenant.accounts["root"], items=free, cause=Ref(Kind.ORDER, uuid7())) == {}
        assert work.changes == []
        with pytest.raises(NotEligible):
            await service.pay_for_items(work, account=tenant.accounts["field"], items=free, cause=Ref(Kind.ORDER, uuid7()))


async def test_an_item_is_given_back_once(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await funded(database, tenant, 600_000)
    items, cause = [(uuid7(), PRICE), (uuid7(), PRICE)], Ref(Kind.ORDER, uuid7())
    async with database.write() as session:
        paid = await service.pay_for_items(work_on(session), account=tenant.accounts["root"], items=items, cause=cause)

    undone = []
    for _ in range(2):
        async with database.write() as session:
            undone.append(await service.refund_item(session, transfer_id=paid[items[0][0]], by=SYSTEM, at=NOW, memo="refused"))

    assert undone[0] == undone[1]
    assert await balances(database, tenant) == {"WALLET": 600_000 - 275_006, "REVENUE": 250_005, "TAX": 25_001, "CLEARING": -600_000}
    async with database.write() as session:
        refund = await session.get_one(LedgerTransfer, undone[0])
        assert (refund.reason, refund.cause_id, refund.memo, refund.reverses_id) == ("REFUND", cause.id, "refused", paid[items[0][0]])
        with pytest.raises(NotFound):
            await service.refund_item(session, transfer_id=undone[0], by=SYSTEM, at=NOW)


@pytest.mark.parametrize(
    ("amount", "reason"), [(0, "why"), (10**12 + 1, "why"), (-(10**12) - 1, "why"), (5, " "), (5, "x" * 501)]
)  # fmt: skip
async def test_senseless_corrections_are_refused(database: Database, two_tenants: TwoTenants, amount: int, reason: str) -> None:
    wallet_id = await funded(database, two_tenants.one, 1_000)

    with pytest.raises(InvalidInput):
        async with database.write() as session:
            await service.adjust(work_on(session), wallet_id=wallet_id, amount=amount, reason=reason)

    assert (await balances(database, two_tenants.one))["WALLET"] == 1_000


async def test_a_correction_stays_above_the_floor_and_inside_the_scope(database: Database, two_tenants: TwoTenants) -> None:
    wallet_id = await funded(database, two_tenants.one, 1_000)

    with pytest.raises(InsufficientFunds):
        async with database.write() as session:
            await service.adjust(work_on(session), wallet_id=wallet_id, amount=-1_001, reason="too much")
    for actor, id in (
        (two_tenants.other.as_profile_manager(), wallet_id),
        (two_tenants.one.as_account_manager(), wallet_id),
        (operator_admin(), uuid7()),
    ):
        with pytest.raises(NotFound):
            async with database.write() as session:
                work = Work(
                    session,
                    actor.scope(Permission.WALLET_READ if not actor.ref.is_operator else Permission.WALLET_ADJUST, NOW),
                    NOW,
                    MutationMode.APPLY,
                )
                await service.adjust(work, wallet_id=id, amount=1, reason="not mine")

    assert (await balances(database, two_tenants.one))["WALLET"] == 1_000


async def test_opening_a_wallet_twice_gives_the_same_one(database: Database, two_tenants: TwoTenants) -> None:
    account = two_tenants.one.accounts["field"]

    async with database.write() as session:
        first = await open_wallet(session, two_tenants.one.id, Ref(Kind.ACCOUNT, account.id), floor=-5_000)
        again = await open_wallet(session, two_tenants.one.id, Ref(Kind.ACCOUNT, account.id))

    assert first == again
