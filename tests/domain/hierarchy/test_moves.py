"""Moving accounts and cards: at once, planned and back in time; what is refused; what a plan says."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from domain.accounts.service import make_account
from domain.accounts.tables import Account, AccountEdge, PaymentMode
from domain.audit.writing import Work
from domain.hierarchy import service
from domain.jobs.service import Many, at_once
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, Change, MutationMode, RowsRejected
from domain.kernel.scope import system_scope
from domain.orders.tables import Order
from domain.sims import service as sims_service
from domain.sims.rules import Bar
from domain.sims.selection import SimSelection
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimPlacement
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerEntry
from store.faults import StoreBusy
from store.session import Database
from tests.domain.hierarchy.moving import dated, done, move_account, move_sims, present, scope_of, settled
from tests.domain.orders.shop import GROSS, OPENING, Shop
from tests.world import NOW, Tenant, TwoTenants

SOON, LATER = NOW + timedelta(days=1), NOW + timedelta(days=2)
MINUTE = timedelta(minutes=1)


def ids(tenant: Tenant) -> dict[str, UUID]:
    """Ids of a company's accounts by name."""
    return {name: account.id for name, account in tenant.accounts.items()}


async def paths(database: Database, tenant: Tenant) -> dict[str, str]:
    """Where a company's accounts hang now, as names."""
    async with database.read() as session:
        rows = (await session.scalars(select(Account).where(Account.organization_id == tenant.id))).all()
    names = {account.path[-5:]: name for name, account in tenant.accounts.items()}
    return {
        names[row.path[-5:]]: "/".join(names[row.path[start : start + 5]] for start in range(0, len(row.path), 5))
        for row in rows if row.path[-5:] in names
    }  # fmt: skip


def shown(changes: Sequence[Change]) -> list[tuple[str, str | None, str | None]]:
    """What a plan says."""
    return [(change.field, change.before, change.after) for change in changes]


async def test_an_account_moves_with_everything_below_it(database: Database, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    account, scope = ids(one), scope_of(one.id, at=NOW)
    untouched = await present(database, other.id)

    plan = (await move_account(database, scope, account["sales"], account["office"])).plan

    assert shown(plan.changes) == [("parent", "A-1 Root", "A-4 Office")]
    assert await paths(database, one) == {
        "root": "root", "office": "root/office", "sales": "root/office/sales", "field": "root/office/sales/field"
    }  # fmt: skip
    await settled(database, one.id, NOW)
    async with database.read() as session:
        sales = (await session.scalars(select(Account).where(Account.id == account["sales"]))).one()
    assert (sales.kind, sales.depth, sales.former_paths) == ("SUB", 2, [one.accounts["sales"].path])
    assert await present(database, other.id) == untouched


async def test_a_planned_move_holds_from_its_very_instant(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope = ids(one), scope_of(one.id, at=NOW)

    plan = (await move_account(database, scope, account["field"], account["office"], SOON)).plan
    await move_sims(database, scope, [one.sims[0].id], account["field"], LATER)

    assert ("effectiveAt", None, SOON.isoformat().replace("+00:00", "Z")) in shown(plan.changes)
    for at, where in ((SOON - timedelta(microseconds=1), "root/sales/field"), (SOON, "root/office/field"), (LATER, "root/office/field")):
        await settled(database, one.id, at)
        assert (await paths(database, one))["field"] == where
    async with database.read() as session:
        card = (await session.scalars(select(Sim).where(Sim.id == one.sims[0].id))).one()
    assert card.account_id == account["field"]


async def test_a_decision_gives_up_what_was_planned_for_later(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope = ids(one), scope_of(one.id, at=NOW)
    await move_account(database, scope, account["field"], account["office"], LATER)
    await move_sims(database, scope, [one.sims[0].id], account["office"], LATER)

    stays = (await move_account(database, scope, account["field"], account["sales"])).plan
    planned = (await move_sims(database, scope, [one.sims[0].id], account["field"], SOON)).plan

    then = LATER.isoformat().replace("+00:00", "Z")
    assert shown(stays.changes) == [("parent", f"A-4 Office, {then}", None)]
    assert shown(planned.changes)[:2] == [("account", "A-2 Sales", "A-3 Field"), ("placements", f"A-4 Office, {then}", None)]
    await settled(database, one.id, LATER)
    assert (await paths(database, one))["field"] == "root/sales/field"


async def test_planned_moves_of_several_accounts_follow_each_other(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope = ids(one), scope_of(one.id, at=NOW)

    await move_account(database, scope, account["sales"], account["office"], LATER)
    await move_account(database, scope, account["field"], account["root"], SOON)
    made = await done(
        database, scope, lambda work: service.account_create(work, account["sales"], name=" New  one ", payment_mode=PaymentMode.PREPAID)
    )
    assert made.result is not None
    await move_account(database, scope, account["field"], made.result["account"], LATER + MINUTE)

    for at in (NOW, SOON, LATER, LATER + MINUTE):
        await settled(database, one.id, at)
    async with database.read() as session:
        new = (await session.scalars(select(Account).where(Account.id == made.result["account"]))).one()
        field = (await session.scalars(select(Account).where(Account.id == account["field"]))).one()
    assert (new.name, new.number) == ("New one", "AC-00001")
    assert field.path.startswith(new.path) and new.path.startswith(one.accounts["office"].path)


async def test_a_move_back_in_time_counts_from_then(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope, then = ids(one), scope_of(one.id, at=NOW), NOW - timedelta(hours=3)
    before = await dated(database, one.id, then - MINUTE)

    await move_account(database, scope, account["field"], account["office"], then)
    await move_sims(database, scope, [one.sims[0].id], account["office"], then)

    await settled(database, one.id, NOW)
    assert (await dated(database, one.id, then))["cards"] == (await present(database, one.id))["cards"]
    assert await dated(database, one.id, then - MINUTE) == {**before, "next": then}


@pytest.mark.parametrize(
    ("moved", "under", "when", "key"),
    [
        ("root", "sales", NOW, "hierarchy.top"),
        ("sales", "sales", NOW, "hierarchy.below_itself"),
        ("sales", "field", NOW, "hierarchy.below_itself"),
        ("field", "sales", NOW, "hierarchy.same_place"),
        ("field", "office", NOW + timedelta(days=367), "hierarchy.too_far"),
        ("field", "office", datetime(2026, 10, 22, 20, 29, 59, tzinfo=UTC), "hierarchy.closed_month"),
    ],
)
async def test_what_an_account_cannot_do(
    database: Database, two_tenants: TwoTenants, moved: str, under: str, when: datetime, key: str
) -> None:
    one = two_tenants.one
    before = await present(database, one.id)

    with pytest.raises(DomainError) as refused:
        await move_account(database, scope_of(one.id, at=NOW), ids(one)[moved], ids(one)[under], when)

    assert refused.value.message_key == key
    assert await present(database, one.id) == before


async def test_a_circle_that_plans_would_make_is_refused(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope = ids(one), scope_of(one.id, at=NOW)
    await move_account(database, scope, account["sales"], account["office"], LATER)

    with pytest.raises(DomainError, match="below_itself"):
        await move_account(database, scope, account["office"], account["field"], SOON)


async def test_decisions_about_the_past_take_back_no_others(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, at = ids(one), NOW + timedelta(hours=2)
    await move_account(database, scope_of(one.id, at=NOW), account["field"], account["office"])
    await move_sims(database, scope_of(one.id, at=NOW), [one.sims[0].id], account["office"])
    later = scope_of(one.id, at=at)

    for under in ("root", "sales"):
        with pytest.raises(DomainError, match="moved_since"):
            await move_account(database, later, account["field"], account[under], NOW - MINUTE)
    with pytest.raises(RowsRejected) as refused:
        await move_sims(database, later, [one.sims[0].id], account["sales"], NOW)

    assert refused.value.exclusions[0].reason.message_key == "hierarchy.moved_since"
    await move_account(database, later, account["sales"], account["office"], NOW - MINUTE)  # where field was until NOW
    then = {row[0]: row[2] for row in (await dated(database, one.id, NOW - MINUTE))["accounts"]}
    assert then[account["field"]].startswith(one.accounts["office"].path + one.accounts["sales"].path[-5:])
    await settled(database, one.id, at)


async def test_a_tree_is_ten_deep_at_most(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope, parent = ids(one), scope_of(one.id, at=NOW), ids(one)["sales"]
    async with database.write() as session:
        for depth in range(2, 11):
            parent = (
                await make_account(
                    session, one.id, id=uuid7(), number=f"D-{depth}", name=f"Deep {depth}", parent_id=parent,
                    payment_mode=PaymentMode.POSTPAID, at=NOW - timedelta(days=1),
                )
            ).id  # fmt: skip

    with pytest.raises(DomainError, match="too_deep"):
        await done(database, scope, lambda work: service.account_create(work, parent, name="Deeper", payment_mode=PaymentMode.PREPAID))
    with pytest.raises(DomainError, match="too_deep"):
        await move_account(database, scope, account["sales"], account["office"])


async def test_nobody_moves_what_they_don_t_reach(database: Database, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    account, sales = ids(one), scope_of(one.id, one.accounts["sales"].path, at=NOW)
    before = await present(database, one.id), await present(database, other.id)

    for scope, moved, under in (
        (sales, account["field"], account["office"]), (sales, account["office"], account["sales"]), (sales, account["sales"], account["root"]),
        (scope_of(one.id, at=NOW), account["field"], ids(other)["sales"]), (scope_of(one.id, at=NOW), ids(other)["field"], account["office"]),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await move_account(database, scope, moved, under)
    with pytest.raises(NotFound):
        await move_sims(database, sales, [one.sims[0].id], account["office"])
    with pytest.raises(RowsRejected):
        await move_sims(database, sales, [one.sims[0].id, one.sims[8].id], account["field"])
    kept = await move_sims(database, sales, [one.sims[0].id, other.sims[0].id], account["field"], policy=BulkErrorPolicy.SKIP_FAILED)

    assert kept.result == {"sims": [one.sims[0].id]}
    assert (await present(database, one.id))["accounts"] == before[0]["accounts"]
    assert await present(database, other.id) == before[1]


async def test_two_moves_at_once_make_no_circle(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account = ids(one)

    outcomes = await asyncio.gather(
        move_account(database, scope_of(one.id, at=NOW), account["sales"], account["office"]),
        move_account(database, scope_of(one.id, at=NOW + MINUTE), account["office"], account["sales"]),
        return_exceptions=True,
    )

    assert sorted(isinstance(outcome, DomainError) for outcome in outcomes) == [False, True]
    await settled(database, one.id, NOW + MINUTE)


async def test_moves_and_bars_at_once_lose_nothing(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, cards = ids(one), [sim.id for sim in one.sims]
    bar = sims_service.block_request(Bar(SimStatusReason.LOST), None)

    async def tried(index: int) -> None:
        scope = scope_of(one.id, at=NOW + index * MINUTE)
        target, chosen = account[("sales", "field", "office")[index % 3]], cards[index % 4 :: 3]
        selection = SimSelection(chosen)
        blocking = Many(sims_service.BLOCK, bar, selection, BulkErrorPolicy.SKIP_FAILED)
        unblocking = Many(sims_service.UNBLOCK, {"note": None}, selection, BulkErrorPolicy.SKIP_FAILED)
        acts = (
            lambda: move_sims(database, scope, chosen, target, policy=BulkErrorPolicy.SKIP_FAILED),
            lambda: move_account(database, scope, account["field"], account[("office", "sales")[index % 2]]),
            lambda: done(database, scope, lambda work: at_once(work, blocking)),
            lambda: done(database, scope, lambda work: at_once(work, unblocking)),
        )
        for _ in range(20):
            try:
                await acts[index % 4]()
            except StoreBusy:
                continue
            except DomainError:
                pass
            return
        raise AssertionError("busy for ever")

    await asyncio.gather(*map(tried, range(24)))

    await settled(database, one.id, NOW + timedelta(hours=1))


async def test_what_is_bought_during_moves_is_paid_once_and_lies_where_its_account_hung(
    database: Database, two_tenants: TwoTenants
) -> None:
    shop, one = await Shop.opened(database, two_tenants), two_tenants.one
    account, cards = ids(one), [sim.id for sim in one.sims if sim.status == SimStatus.ACTIVE]
    async with database.write() as session:
        work = Work(session, system_scope(Permission.WALLET_ADJUST, NOW), NOW, MutationMode.APPLY)
        await adjust(work, wallet_id=one.wallets["sales"], amount=OPENING, reason="opening")

    async def insisting(what: Callable[[], Awaitable[object]]) -> None:
        for _ in range(30):
            try:
                await what()
            except StoreBusy:
                continue
            except DomainError:
                pass
            return
        raise AssertionError("busy for ever")

    def moved(index: int) -> Callable[[], Awaitable[object]]:
        scope, chosen = scope_of(one.id, at=NOW + index * MINUTE), cards[index % 3 :: 2]
        if index % 2:
            return lambda: move_sims(database, scope, chosen, account["field"], policy=BulkErrorPolicy.SKIP_FAILED)
        return lambda: move_account(database, scope, account["sales"], account[("office", "root")[index // 2 % 2]])

    buying = [lambda index=index: shop.buy(cards[index], account_id=account["sales"]) for index in range(len(cards))]
    await asyncio.gather(*map(insisting, [*buying, *map(moved, range(10))]))

    await settled(database, one.id, NOW + timedelta(hours=1))
    async with database.read() as session:
        orders = (await session.scalars(select(Order))).all()
        sales = (await session.scalars(select(Account).where(Account.id == account["sales"]))).one()
        entries = (await session.scalars(select(LedgerEntry.path).where(col(LedgerEntry.amount) < 0))).all()
        balance = (await session.scalars(select(LedgerAccount.balance).where(LedgerAccount.id == one.wallets["sales"]))).one()
    assert len(orders) == len(cards) and balance == OPENING - GROSS * len(cards)
    assert {order.path for order in orders} <= {sales.path, *sales.former_paths} >= set(entries) - {one.accounts["root"].path}
    assert await shop.faults() == []


async def test_many_catch_up_at_once_and_it_happens_once(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    account, scope = ids(one), scope_of(one.id, at=NOW)
    await move_account(database, scope, account["field"], account["office"], SOON)
    await move_sims(database, scope, [sim.id for sim in one.sims[:4]], account["field"], SOON)

    await asyncio.gather(*(settled(database, one.id, SOON) for _ in range(5)))

    async with database.read() as session:
        edges = (await session.scalars(select(AccountEdge).where(AccountEdge.account_id == account["field"]))).all()
        stays = (await session.scalars(select(SimPlacement).where(col(SimPlacement.sim_id) == one.sims[0].id))).all()
    assert (len(edges), len(stays)) == (2, 2)


async def test_a_plan_of_a_move_changes_nothing(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    before = await present(database, one.id)

    await move_account(database, scope_of(one.id, at=NOW), ids(one)["sales"], ids(one)["office"], mode=MutationMode.PLAN)

    assert await present(database, one.id) == before
