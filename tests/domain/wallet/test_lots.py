"""Money that expires: used up first in, first out, given back where it came from; ceilings."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from domain.kernel.calendar import JalaliDay
from domain.kernel.errors import LimitReached
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.scope import SYSTEM
from domain.wallet.expiry import expire_lots
from domain.wallet.holds import hold, release
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, open_wallet
from domain.wallet.rules import Leg, first_in_first_out, lot_expiry
from domain.wallet.tables import LedgerAccountKind, LedgerReason, LedgerTransfer, WalletLot
from store.session import Database
from tests.ledger import PRICE, balances, faults, pay, refund
from tests.world import NOW, Tenant, TwoTenants


async def expiring(database: Database, tenant: Tenant, *, floor: int = 0, ceiling: int | None = None) -> UUID:
    """The wallet of the field account, whose lots last a year."""
    async with database.write() as session:
        owner = Ref(Kind.ACCOUNT, tenant.accounts["field"].id)
        return await open_wallet(session, tenant.id, owner, floor=floor, ceiling=ceiling, lot_months=12)


async def top_up(
    database: Database, tenant: Tenant, wallet_id: UUID, amount: int, *,
    at: datetime = NOW, reason: LedgerReason = LedgerReason.TOP_UP, is_bounded: bool | None = None,
) -> None:  # fmt: skip
    """Money from outside."""
    async with database.write() as session:
        clearing = (await house(session, tenant.id))[LedgerAccountKind.CLEARING]
        legs = [Leg(wallet_id, amount), Leg(clearing, -amount)]
        await post(session, tenant.id, [Posting(legs, tenant.accounts["field"].path, reason, SYSTEM, at, is_bounded=is_bounded)])


async def lots_of(database: Database, wallet_id: UUID) -> list[tuple[int, int]]:
    """What came and what remains of it, first in first."""
    async with database.read() as session:
        statement = select(WalletLot.amount, WalletLot.remaining).where(col(WalletLot.ledger_account_id) == wallet_id)
        rows = await session.execute(statement.order_by(col(WalletLot.created_at), col(WalletLot.id)))
        return [(amount, remaining) for amount, remaining in rows]


async def test_lots_are_used_in_their_order_and_a_refund_gives_back_to_the_same(database: Database, two_tenants: TwoTenants) -> None:
    tenant, gross = two_tenants.one, PRICE.gross.minor
    wallet_id = await expiring(database, tenant)
    for days, amount in ((2, gross), (0, gross + 5), (1, gross)):
        await top_up(database, tenant, wallet_id, amount, at=NOW + timedelta(days=days))

    paid = [transfer for _ in range(2) for transfer in await pay(database, tenant.accounts["field"], [PRICE])]
    assert await lots_of(database, wallet_id) == [(gross + 5, 0), (gross, 5), (gross, gross)]

    await refund(database, paid[1])
    assert await lots_of(database, wallet_id) == [(gross + 5, 5), (gross, gross), (gross, gross)]
    assert await faults(database) == []


async def test_an_overdraft_uses_no_lot_and_is_paid_back_before_one_is_made(database: Database, two_tenants: TwoTenants) -> None:
    tenant, gross = two_tenants.one, PRICE.gross.minor
    wallet_id = await expiring(database, tenant, floor=-10 * gross)
    await top_up(database, tenant, wallet_id, 100)

    (paid,) = await pay(database, tenant.accounts["field"], [PRICE])
    assert await lots_of(database, wallet_id) == [(100, 0)]
    await top_up(database, tenant, wallet_id, gross)
    assert await lots_of(database, wallet_id) == [(100, 0), (100, 100)]
    await refund(database, paid)

    assert sum(remaining for _, remaining in await lots_of(database, wallet_id)) == gross + 100
    assert (await lots_of(database, wallet_id))[0] == (100, 100)
    assert await faults(database) == []


async def test_a_top_up_stops_at_the_ceiling_and_what_is_given_back_does_not(database: Database, two_tenants: TwoTenants) -> None:
    tenant, gross = two_tenants.one, PRICE.gross.minor
    wallet_id = await expiring(database, tenant, ceiling=gross)
    await top_up(database, tenant, wallet_id, gross)
    (paid,) = await pay(database, tenant.accounts["field"], [PRICE])
    await top_up(database, tenant, wallet_id, gross)

    with pytest.raises(LimitReached) as refused:
        await top_up(database, tenant, wallet_id, 1)

    assert refused.value.message_key == "wallet.ceiling" and refused.value.maximum is not None
    assert refused.value.maximum.count == gross
    async with database.read() as session:
        assert len((await session.scalars(select(LedgerTransfer))).all()) == 3
    await refund(database, paid)
    await top_up(database, tenant, wallet_id, 1, is_bounded=False)
    assert sum(remaining for _, remaining in await lots_of(database, wallet_id)) == 2 * gross + 1
    assert await faults(database) == []


async def test_the_proof_finds_lots_that_differ_from_the_balance(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    wallet_id = await expiring(database, tenant)
    await top_up(database, tenant, wallet_id, 100)

    async with database.write() as session:
        (await session.scalars(select(WalletLot))).one().remaining = 99

    assert [fault.what for fault in await faults(database)] == [
        "lots of 99 remain of a balance of 100", "99 remain of a lot of 100 with uses of 0",
    ]  # fmt: skip


@given(st.lists(st.integers(1, 100), max_size=8), st.data())
def test_first_in_first_out_takes_exactly_so_much_and_touches_no_later_lot_early(lots: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(lots)))
    named = [(UUID(int=place), left) for place, left in enumerate(lots)]

    uses = first_in_first_out(named, amount)

    assert sum(used for _, used in uses) == amount
    assert [id for id, _ in uses] == [id for id, _ in named[: len(uses)]]
    assert all(used == left for (_, used), (_, left) in zip(uses[:-1], named, strict=False))
    with pytest.raises(ValueError, match="short"):
        first_in_first_out(named, sum(lots) + 1)


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (JalaliDay(1405, 6, 31), 12, JalaliDay(1406, 6, 31)),
        (JalaliDay(1405, 6, 31), 6, JalaliDay(1405, 12, 29)),
        (JalaliDay(1403, 12, 30), 12, JalaliDay(1404, 12, 29)),
        (JalaliDay(1405, 1, 1), 1, JalaliDay(1405, 2, 1)),
    ],
)
def test_a_lot_lasts_to_the_end_of_its_day_so_many_months_later(day: JalaliDay, months: int, last: JalaliDay) -> None:
    came = datetime.combine(day.gregorian, datetime.min.time(), UTC) + timedelta(hours=9)

    expires = lot_expiry(came, months)

    assert JalaliDay.of(expires - timedelta(seconds=1)) == last
    assert JalaliDay.of(expires) != last


async def test_what_remains_is_lost_when_its_time_is_over(database: Database, two_tenants: TwoTenants) -> None:
    """TE-04: twelve months after it came, the rest of it, to revenue."""
    tenant, gross = two_tenants.one, PRICE.gross.minor
    wallet_id = await expiring(database, tenant)
    await top_up(database, tenant, wallet_id, gross + 70)
    await top_up(database, tenant, wallet_id, 500, at=NOW + timedelta(days=40))
    await pay(database, tenant.accounts["field"], [PRICE])
    over = lot_expiry(NOW, 12)

    early = await expire_lots(database, at=over - timedelta(seconds=1))
    lost = [await expire_lots(database, at=over) for _ in range(2)]

    assert (early, lost) == (0, [1, 0])
    assert await lots_of(database, wallet_id) == [(gross + 70, 0), (500, 500)]
    async with database.read() as session:
        booked = (await session.scalars(select(LedgerTransfer).where(LedgerTransfer.reason == LedgerReason.EXPIRY))).one()
    found = await balances(database, [tenant.id, tenant.accounts["field"].id])
    assert (booked.posted_at, found[tenant.accounts["field"].id, "WALLET"]) == (over, 500)
    assert found[tenant.id, "REVENUE"] == PRICE.net.minor + 70
    assert await faults(database) == []


async def test_what_is_held_is_not_lost_before_it_is_released(database: Database, two_tenants: TwoTenants) -> None:
    tenant, over = two_tenants.one, lot_expiry(NOW, 12)
    wallet_id = await expiring(database, tenant)
    await top_up(database, tenant, wallet_id, 1_000)
    async with database.write() as session:
        held = await hold(session, tenant.id, wallet_id, 700, cause=Ref(Kind.ORDER, uuid7()), at=NOW)

    first = await expire_lots(database, at=over)
    again = await expire_lots(database, at=over)
    async with database.write() as session:
        await release(session, held)
    last = await expire_lots(database, at=over)

    assert (first, again, last) == (1, 0, 1)
    assert await lots_of(database, wallet_id) == [(1_000, 0)]
    assert await faults(database) == []


async def test_what_is_undone_after_its_time_is_lost_with_the_next_round(database: Database, two_tenants: TwoTenants) -> None:
    tenant, over = two_tenants.one, lot_expiry(NOW, 12)
    wallet_id = await expiring(database, tenant)
    await top_up(database, tenant, wallet_id, PRICE.gross.minor)
    (paid,) = await pay(database, tenant.accounts["field"], [PRICE])

    nothing = await expire_lots(database, at=over)
    await refund(database, paid)
    done = await expire_lots(database, at=over)

    assert (nothing, done) == (0, 1)
    assert await lots_of(database, wallet_id) == [(PRICE.gross.minor, 0)]
    assert await faults(database) == []
