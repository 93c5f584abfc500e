"""Every list whose statement is made once shows what its reader's scope covers and its filter says: in any order of readers and filters."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from auth import queries as auth
from auth.tables import ApiToken
from domain.audit import chain
from domain.audit import queries as audit
from domain.audit.queries import LogFilter
from domain.content import queries as content
from domain.files.tables import File
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import SYSTEM, ActorRef, Reach, Scope
from domain.orders import queries as orders
from domain.orders.queries import OrderFilter
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.people import queries as people
from domain.people.tables import Membership
from domain.tickets import queries as tickets
from domain.tickets import rounds
from domain.tickets.queries import TicketFilter
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket, TicketFile
from domain.wallet import queries as wallet
from domain.wallet.queries import Posted
from domain.wallet.tables import LedgerReason
from store.session import Database, Session
from tests.ledger import PRICE, adjust, pay
from tests.offerings import make_offering, sell
from tests.world import NOW, Tenant, TwoTenants

EVERYTHING = OrderFilter(is_placed_given=True)
IN_ORDER = ("SCAN json_each", "SCAN tickets USING INDEX ix_tickets_desk")
"""Steps of SQLite's plans that go through all of something: what was given, and the desk's list by its own index until the page is full."""
PLACES = ("root", "sales", "field", "office")


@dataclass(frozen=True)
class Thing:
    """Something with a place: its id, whose it is and where it stands."""

    id: UUID
    organization_id: UUID
    path: str


@dataclass(frozen=True)
class Stock:
    """What both companies have, one of each kind at each account; movements only where there is a wallet."""

    orders: list[Thing]
    items: list[Thing]
    files: list[Thing]
    tickets: list[Thing]
    entries: list[Thing]
    tokens: list[Thing]
    memberships: list[Thing]
    transfers: list[Thing]
    attachments: list[Thing]


@pytest.fixture
async def stock(database: Database, two_tenants: TwoTenants) -> Stock:
    """Everything, with equal numbers and names in both companies."""
    made = Stock([], [], [], [], [], [], [], [], [])
    offering = make_offering()
    await sell(database, offering)
    for tenant in (two_tenants.one, two_tenants.other):
        by = ActorRef(tenant.profile_manager.id, "Sara", person_id=tenant.profile_manager.id)
        for index, place in enumerate(PLACES):
            account, sim = tenant.accounts[place], tenant.sims[index]
            at = NOW - timedelta(days=index)

            def thing(account: Any = account) -> Thing:
                return Thing(uuid7(), account.organization_id, account.path)

            order, item, file, ticket, token, membership, attachment = (thing() for _ in range(7))
            async with database.write() as session:
                session.add(
                    File(id=file.id, organization_id=tenant.id, name=f"{place}.pdf", media_type="application/pdf", size_bytes=1, purpose="RECEIPT", created_at=at)
                )
                await session.flush()
                session.add(
                    Order(
                        id=order.id, organization_id=tenant.id, account_id=account.id, path=account.path, number=f"R-{index}", by=by.as_json(),
                        external_reference=f"X-{index}", state=OrderState.COMPLETED if index % 2 else OrderState.FAILED, placed_at=at,
                        placed_by_id=tenant.profile_manager.id, net=1_000, vat=100, vat_rate=Decimal("10.00"), refunded=7, locale="EN",
                        purchase_order_number=f"P-{index}", receipt_emails=["a@example.com"], receipt_file_id=file.id,
                    )
                )  # fmt: skip
                session.add(
                    Ticket(
                        id=ticket.id, organization_id=tenant.id, path=account.path, number=f"T-{index}", title=f"About {place}",
                        search=f"t-{index}about{place}", department="network",
                        state=TicketState.CLOSED if index % 2 else TicketState.IN_PROGRESS, state_since=at,
                        priority=TicketPriority.HIGH, about_kind=Kind.SIM.value, about_id=sim.id, by=by.as_json(), opened_at=at,
                    )
                )  # fmt: skip
                session.add(
                    ApiToken(
                        id=token.id, organization_id=tenant.id, account_id=account.id, person_id=tenant.profile_manager.id, name=place,
                        prefix="smg_", hash=uuid7().hex, permissions=["SIM_READ"], networks=[], by=by.as_json(), created_at=at,
                        expires_at=NOW + timedelta(days=1),
                    )
                )  # fmt: skip
                session.add(
                    Membership(
                        id=membership.id, organization_id=tenant.id, person_id=tenant.account_manager.id, role="ACCOUNT_MANAGER",
                        account_id=account.id, valid_from=at, valid_to=None if index % 2 else NOW - timedelta(hours=1),
                    )
                )  # fmt: skip
                session.add(
                    File(
                        id=attachment.id, organization_id=tenant.id, name=f"{place}.png", media_type="image/png", size_bytes=1,
                        purpose="ATTACHMENT", created_at=at,
                    )
                )  # fmt: skip
                await session.flush()
                session.add(TicketFile(file_id=attachment.id, ticket_id=ticket.id))
                session.add(
                    OrderItem(
                        id=item.id, organization_id=tenant.id, order_id=order.id, position=1, offering_id=offering.id, sim_id=sim.id,
                        state=OrderState.COMPLETED, activation="NOW", net=1_000, vat=100, vat_rate=Decimal("10.00"),
                        failure={"code": "NOT_FOUND", "key": "error.not_found", "params": {}, "field": ["a", 1]},
                    )
                )  # fmt: skip
                session.add(OrderStep(id=uuid7(), organization_id=tenant.id, order_id=order.id, state="COMPLETED", at=at, by=SYSTEM.as_json()))
                entry = await chain.append(
                    session, tenant.id, by=by, action=place, at=at, path=account.path, subjects=[sim.id], reason="because"
                )
            made.orders.append(order)
            made.items.append(item)
            made.files.append(file)
            made.tickets.append(ticket)
            made.attachments.append(attachment)
            made.tokens.append(token)
            made.memberships.append(membership)
            made.entries.append(Thing(entry, tenant.id, account.path))
            if place in tenant.wallets:
                await adjust(database, tenant.wallets[place], 10_000_000)
                (transfer,) = await pay(database, account, [PRICE], Ref(Kind.ORDER, order.id))
                made.transfers.append(Thing(transfer, tenant.id, account.path))
    return made


def reader(*reach: Reach) -> Scope:
    """Somebody with a reach."""
    return Scope(ActorRef(uuid7(), "Reader"), Permission.SIM_READ, reach, NOW)


reaches = st.one_of(st.just(None), st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["", *PLACES])), max_size=3))


def scope_of(two: TwoTenants, reach: list[tuple[int, str]] | None) -> Scope:
    """A scope over parts of both companies, or over everything."""
    if reach is None:
        return reader(Reach(None))
    both = two.one, two.other
    return reader(*(Reach(both[which].id, both[which].accounts[name].path if name else "") for which, name in reach))


ByIds = Callable[[Session, Scope, Sequence[UUID]], Awaitable[list[Any]]]
BY_IDS: dict[str, ByIds] = {
    "orders": orders.orders_by_ids,
    "items": orders.items_by_ids,
    "files": orders.receipts_by_ids,
    "tickets": tickets.tickets_by_ids,
    "attachments": tickets.attachments_by_ids,
    "entries": audit.entries_by_ids,
    "tokens": auth.api_tokens_seen,
    "memberships": people.memberships_by_ids,
    "transfers": wallet.transfers_by_ids,
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(reaches, min_size=2, max_size=5))
async def test_every_scope_gets_its_own_rows(
    database: Database, two_tenants: TwoTenants, stock: Stock, drawn: list[list[tuple[int, str]] | None]
) -> None:
    for scope in [scope_of(two_tenants, reach) for reach in drawn]:
        async with database.read() as session:
            for kind, read in BY_IDS.items():
                things: list[Thing] = getattr(stock, kind)
                rows = await read(session, scope, [thing.id for thing in things])
                assert [row is not None for row in rows] == [scope.covers(thing.organization_id, thing.path) for thing in things], kind
                assert all(row is None or row.id == thing.id for row, thing in zip(rows, things, strict=True))
            ids = [order.id for order in stock.orders]
            held = [len(items) for items in await orders.items_of_orders(session, scope, ids)]
            stepped = [len(steps) for steps in await orders.steps_of_orders(session, scope, ids)]
            assert held == stepped == [scope.covers(order.organization_id, order.path) for order in stock.orders]
            for tenant in (two_tenants.one, two_tenants.other):
                assert await of_company(session, scope, tenant, stock) == expected(scope, stock, tenant)
            desk = await tickets.tickets_page(session, scope, window=Window(50))
            assert {row.id for row in desk.rows} == {one.id for one in stock.tickets if scope.covers(one.organization_id, one.path)}
            assert await tickets.tickets_count(session, scope) == len(desk.rows)


async def of_company(session: Session, scope: Scope, tenant: Tenant, stock: Stock) -> dict[str, set[UUID]]:
    """Ids of our rows on the whole page of each list of a company; its totals agree with it."""
    root, window = tenant.accounts["root"].path, Window(50)
    pages: dict[str, Any] = {
        "orders": await orders.orders_page(session, scope, tenant.id, root, window=window, filter=EVERYTHING, at=NOW),
        "tickets": await tickets.tickets_page(session, scope, window=window, organization_id=tenant.id),
        "entries": await audit.trail_page(session, scope, tenant.id, window=window),
        "tokens": await auth.api_tokens_page(session, scope, tenant.id, window),
        "memberships": await people.memberships_page(session, scope, tenant.id, window, as_of=NOW),
    }
    totals = {
        "orders": await orders.orders_count(session, scope, tenant.id, root, filter=EVERYTHING, at=NOW),
        "tickets": await tickets.tickets_count(session, scope, organization_id=tenant.id),
        "tokens": await auth.api_tokens_count(session, scope, tenant.id),
        "memberships": await people.memberships_count(session, scope, tenant.id, as_of=NOW),
    }
    assert totals == {name: len(pages[name].rows) for name in totals}
    return {name: {row.id for row in found.rows} & {one.id for one in getattr(stock, name)} for name, found in pages.items()}


def expected(scope: Scope, stock: Stock, tenant: Tenant) -> dict[str, set[UUID]]:
    """What those should be; every second membership has ended."""
    held = {"memberships": stock.memberships[1::2]}
    return {
        name: {one.id for one in held.get(name, getattr(stock, name)) if one.organization_id == tenant.id and scope.covers(tenant.id, one.path)}
        for name in ("orders", "tickets", "entries", "tokens", "memberships")
    }


def older(index: int) -> datetime:
    """Half a day after the thing of this index was made, so that things from it on are older."""
    return NOW - timedelta(days=index) + timedelta(hours=12)


times = st.one_of(st.none(), st.integers(0, 4).map(older))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    since=times, before=times, states=st.one_of(st.none(), st.lists(st.sampled_from([OrderState.COMPLETED, OrderState.FAILED]), max_size=2)),
    is_own=st.sampled_from([None, True, False]), index=st.one_of(st.none(), st.integers(0, 3)),
    reference=st.sampled_from([None, "R-1", "P-2", "X-3", "R-9"]),
)  # fmt: skip
async def test_conditions_on_orders_hold_together(
    database: Database, two_tenants: TwoTenants, stock: Stock, since: datetime | None, before: datetime | None,
    states: list[OrderState] | None, is_own: bool | None, index: int | None, reference: str | None,
) -> None:  # fmt: skip
    one = two_tenants.one
    person = None if is_own is None else one.profile_manager.id if is_own else uuid7()
    wanted = OrderFilter(True, since, before, states, person, None if index is None else one.sims[index].id, reference)
    async with database.read() as session:
        found = await orders.orders_page(session, reader(Reach(one.id)), one.id, one.accounts["root"].path, window=Window(50), filter=wanted, at=NOW)

    assert [row.id for row in found.rows] == [
        order.id
        for number, order in enumerate(order for order in stock.orders if order.organization_id == one.id)
        if (since is None or NOW - timedelta(days=number) >= since)
        and (before is None or NOW - timedelta(days=number) < before)
        and (states is None or (OrderState.COMPLETED if number % 2 else OrderState.FAILED) in states)
        and is_own is not False
        and index in (None, number)
        and (reference is None or int(reference[-1]) == number)
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    since=times, before=times, place=st.sampled_from([None, *PLACES]), is_operator=st.sampled_from([None, True, False]),
    index=st.one_of(st.none(), st.integers(0, 3)), states=st.sampled_from([None, [TicketState.CLOSED], []]),
    search=st.sampled_from([None, "about", "SALES", "T-3", "%"]),
)  # fmt: skip
async def test_conditions_on_trail_and_tickets_hold_together(
    database: Database, two_tenants: TwoTenants, stock: Stock, since: datetime | None, before: datetime | None, place: str | None,
    is_operator: bool | None, index: int | None, states: list[TicketState] | None, search: str | None,
) -> None:  # fmt: skip
    one, scope = two_tenants.one, reader(Reach(two_tenants.one.id))
    subject = None if index is None else Ref(Kind.SIM, one.sims[index].id)
    wanted = LogFilter(since, before, subject, one.profile_manager.id, is_operator, place)
    async with database.read() as session:
        trail = await audit.trail_page(session, scope, one.id, window=Window(50), filter=wanted)
        desk = await tickets.tickets_page(session, scope, window=Window(50), filter=TicketFilter(states, search))

    assert [row.action for row in trail.rows] == [
        name
        for number, name in enumerate(PLACES)
        if (since is None or NOW - timedelta(days=number) >= since)
        and (before is None or NOW - timedelta(days=number) < before)
        and place in (None, name)
        and not is_operator
        and index in (None, number)
    ]
    assert [row.title for row in desk.rows] == [
        f"About {name}"
        for number, name in enumerate(PLACES)
        if (states is None or (TicketState.CLOSED if number % 2 else TicketState.IN_PROGRESS) in states)
        and (search is None or search.lower() in f"t-{number}about{name}")
    ]


async def test_movements_and_their_sums_agree_for_every_span(database: Database, two_tenants: TwoTenants, stock: Stock) -> None:
    one, opening, paid = two_tenants.one, 10_000_000, PRICE.gross.minor
    scope, strange = reader(Reach(one.id)), reader(Reach(two_tenants.other.id))
    for since, before in product([None, NOW - timedelta(days=1), NOW + timedelta(days=1)], repeat=2):
        span, is_inside = Posted(since, before), (since is None or since <= NOW) and (before is None or before > NOW)
        async with database.read() as session:
            for reasons, count in ((None, 2), ([LedgerReason.ORDER], 1), ([], 0)):
                found = await wallet.entries_page(session, scope, one.id, one.wallets["root"], window=Window(50), posted=span, reasons=reasons)
                assert len(found.rows) == count * is_inside
            none = await wallet.entries_page(session, strange, one.id, one.wallets["root"], window=Window(50), posted=span, reasons=None)
            sums = await wallet.statement_of(session, one.id, one.wallets["root"], span)
        assert none.rows == []
        assert sums.opening.minor == (opening - paid if since and since > NOW else 0)
        assert (sums.credits.minor, sums.debits.minor, sums.entry_count) == (opening * is_inside, paid * is_inside, 2 * is_inside)


async def test_movements_are_found_by_what_they_move_and_by_what_caused_them(
    database: Database, two_tenants: TwoTenants, stock: Stock
) -> None:
    one = two_tenants.one
    scope = reader(Reach(one.id))
    async with database.read() as session:
        sides = await wallet.entries_of_transfers(session, scope, [transfer.id for transfer in stock.transfers])
        caused = await wallet.transfers_of_causes(session, scope, [(order.organization_id, order.id) for order in stock.orders])

    assert [len(rows) > 0 for rows in sides] == [transfer.organization_id == one.id for transfer in stock.transfers]
    assert {row.id for rows in caused for row in rows} == {transfer.id for transfer in stock.transfers if transfer.organization_id == one.id}
    assert [len(rows) for rows in caused] == [int(order.organization_id == one.id and number % 4 != 2) for number, order in enumerate(stock.orders)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("reach", [Reach(None), "company", "subtree"])
async def test_no_list_looks_at_every_row(database: Database, two_tenants: TwoTenants, stock: Stock, reach: Any) -> None:
    """By SQLite's own word, which knows nothing of how many rows there are and finds no way around a missing index."""
    one = two_tenants.one
    path = one.accounts["sales"].path if reach == "subtree" else ""
    scope = reader(reach if isinstance(reach, Reach) else Reach(one.id, path))
    ids, root, window = [order.id for order in stock.orders], one.accounts["root"].path, Window(5)
    asked: list[tuple[str, Any]] = []

    def executed(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    engine = database.engines[0].sync_engine
    event.listen(engine, "before_cursor_execute", executed)
    async with database.read() as session:
        for read in BY_IDS.values():
            await read(session, scope, ids)
        for filter in (EVERYTHING, OrderFilter(), OrderFilter(True, sim_id=one.sims[0].id)):
            await orders.orders_page(session, scope, one.id, root, window=window, filter=filter, at=NOW)
        await orders.items_of_orders(session, scope, ids)
        await orders.steps_of_orders(session, scope, ids)
        await tickets.tickets_page(session, scope, window=window, organization_id=one.id)
        await tickets.tickets_page(session, scope, window=window)
        for subject in (None, Ref(Kind.SIM, one.sims[0].id)):
            await audit.trail_page(session, scope, one.id, window=window, filter=LogFilter(subject=subject))
        await auth.open_sessions(session, one.profile_manager.id, at=NOW)
        await auth.support_views(session, [one.id], at=NOW)
        await auth.api_tokens_page(session, scope, one.id, window)
        await people.persons_seen(session, scope, [one.profile_manager.id])
        await people.memberships_held(session, one.profile_manager.id, NOW)
        await people.memberships_page(session, scope, one.id, window, as_of=NOW)
        await wallet.wallets_of_accounts(session, scope, [one.accounts["root"].id])
        for reasons in (None, [LedgerReason.ORDER]):
            await wallet.entries_page(session, scope, one.id, one.wallets["root"], window=window, posted=Posted(), reasons=reasons)
        await wallet.statement_of(session, one.id, one.wallets["root"], Posted(NOW, NOW))
        await wallet.entries_of_transfers(session, scope, ids)
        await wallet.transfers_of_causes(session, scope, [(one.id, id) for id in ids])
        await content.incidents(session, Locale.EN, at=NOW)
        await content.incidents_by_ids(session, ids, Locale.EN)
        await rounds.close_answered(database, at=NOW)
    event.remove(engine, "before_cursor_execute", executed)

    async with database.read() as session:
        connection = await session.connection()
        for statement, parameters in asked:
            steps = [row[3] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            whole = [step for step in steps if step.startswith("SCAN") and not step.startswith(IN_ORDER)]
            assert not whole, f"{whole}\n{statement}"
