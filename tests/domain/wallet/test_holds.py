"""Held money: nobody else spends it, and it goes one way once."""

import asyncio
from uuid import UUID

import pytest
from sqlmodel import select

from domain.kernel.errors import DomainError, InsufficientFunds, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.scope import SYSTEM
from domain.wallet.holds import capture, hold, release
from domain.wallet.ledger import Posting
from domain.wallet.purses import house
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerHold, LedgerReason
from store.session import Database
from tests.ledger import PRICE, adjust, faults, pay
from tests.world import NOW, Tenant, TwoTenants

CAUSE = Ref(Kind.ORDER, uuid7())


async def held_of(database: Database, wallet_id: UUID) -> tuple[int, int]:
    """Balance and what is held of it."""
    async with database.read() as session:
        account = (await session.execute(select(LedgerAccount).where(LedgerAccount.id == wallet_id))).scalar_one()
    return account.balance, account.held


async def held(database: Database, tenant: Tenant, amount: int) -> UUID:
    """A hold on the root's wallet."""
    async with database.write() as session:
        return await hold(session, tenant.id, tenant.wallets["root"], amount, cause=CAUSE, at=NOW)


async def captured(database: Database, tenant: Tenant, hold_id: UUID, amount: int) -> None:
    """So much of a hold, sold."""
    async with database.write() as session:
        revenue = (await house(session, tenant.id))[LedgerAccountKind.REVENUE]
        legs = [Leg(tenant.wallets["root"], -amount), Leg(revenue, amount)]
        await capture(session, hold_id, Posting(legs, tenant.accounts["root"].path, LedgerReason.ORDER, SYSTEM, NOW, CAUSE))


async def freed(database: Database, hold_id: UUID, amount: int | None = None) -> int:
    """What setting a hold free returned."""
    async with database.write() as session:
        return await release(session, hold_id, amount)


async def test_held_money_is_not_spent_otherwise(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], PRICE.gross.minor + 999)
    hold_id = await held(database, tenant, 1_000)

    with pytest.raises(InsufficientFunds) as refused:
        await pay(database, tenant.accounts["root"], [PRICE])
    assert refused.value.available == Money(PRICE.gross.minor - 1)
    with pytest.raises(InsufficientFunds) as refused:
        await held(database, tenant, PRICE.gross.minor)
    assert refused.value.required == PRICE.gross
    assert await held_of(database, tenant.wallets["root"]) == (PRICE.gross.minor + 999, 1_000)

    assert await freed(database, hold_id) == 1_000
    await pay(database, tenant.accounts["root"], [PRICE])
    assert await held_of(database, tenant.wallets["root"]) == (999, 0)
    assert await faults(database) == []


async def test_a_hold_is_captured_in_parts_and_the_rest_set_free(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 10_000)
    hold_id = await held(database, tenant, 7_000)

    await captured(database, tenant, hold_id, 4_000)
    assert await held_of(database, tenant.wallets["root"]) == (6_000, 3_000)
    with pytest.raises(StateConflict):
        await captured(database, tenant, hold_id, 3_001)
    with pytest.raises(StateConflict):
        await freed(database, hold_id, 3_001)
    assert await freed(database, hold_id, 1_000) == 1_000
    assert await freed(database, hold_id) == 2_000
    assert await freed(database, hold_id) == 0

    assert await held_of(database, tenant.wallets["root"]) == (6_000, 0)
    async with database.read() as session:
        kept = (await session.execute(select(LedgerHold))).scalar_one()
    assert (kept.amount, kept.remaining) == (7_000, 0)
    assert await faults(database) == []


async def test_20_captures_of_one_hold_at_once_take_no_more_than_it_holds(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 1_000_000)
    hold_id = await held(database, tenant, 7_500)

    acts = [captured(database, tenant, hold_id, 1_000) for _ in range(15)] + [freed(database, hold_id, 500) for _ in range(5)]
    answers = await asyncio.gather(*acts, return_exceptions=True)

    assert all(isinstance(answer, DomainError) for answer in answers if isinstance(answer, BaseException))
    balance, still_held = await held_of(database, tenant.wallets["root"])
    sold = 1_000_000 - balance
    assert sold + sum(answer for answer in answers if isinstance(answer, int)) + still_held == 7_500
    assert still_held < 1_000
    assert await faults(database) == []


async def test_an_unknown_hold_is_not_found_and_an_empty_one_a_bug(database: Database, two_tenants: TwoTenants) -> None:
    with pytest.raises(NotFound):
        await freed(database, uuid7())
    with pytest.raises(ValueError, match="positive"):
        await held(database, two_tenants.one, 0)


async def test_the_proof_finds_a_hold_that_holds_nothing(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    await adjust(database, tenant.wallets["root"], 10_000)
    hold_id = await held(database, tenant, 7_000)

    async with database.write() as session:
        row = await session.get(LedgerHold, hold_id)
        assert row is not None
        row.remaining = 6_999

    assert [fault.what for fault in await faults(database)] == ["7000 is held where holds of 6999 remain"]
