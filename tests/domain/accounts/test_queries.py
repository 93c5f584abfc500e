"""Lists of accounts and organizations: every filter alone and with others, now and then, page by page, and counted."""

import itertools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from domain.accounts.queries import (
    AccountFilter,
    accounts_count,
    accounts_page,
    cost_centres_by_ids,
    organizations_by_ids,
    organizations_count,
    organizations_page,
    places_at,
    top_account,
)
from domain.accounts.tables import Account, AccountKind, CostCentre, PaymentMode
from domain.kernel.ids import uuid7
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import ActorRef, Reach, Scope
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants

OF_FILTER = {"under_id", "kinds", "payment_mode"}
LONG_AGO = NOW - timedelta(days=60)


def scope_of(*reach: Reach) -> Scope:
    return Scope(ActorRef(uuid7(), "Reader"), Permission.ACCOUNT_READ, reach, NOW)


def narrowings(tenant: Tenant) -> Mapping[str, tuple[dict[str, Any], Callable[[Account], bool]]]:
    """What a list may be narrowed by, with what it means."""
    sales = tenant.accounts["sales"]
    return {
        "under": ({"under_id": sales.id}, lambda one: one.path.startswith(sales.path)),
        "under nothing": ({"under_id": uuid7()}, lambda one: False),
        "kinds": ({"kinds": [AccountKind.SUB, AccountKind.BILLING]}, lambda one: one.kind in ("SUB", "BILLING")),
        "no kinds": ({"kinds": []}, lambda one: True),
        "mode": ({"payment_mode": PaymentMode.PREPAID}, lambda one: one.payment_mode == "PREPAID"),
        "parent": ({"parent_id": sales.id}, lambda one: one.parent_id == sales.id),
        "name": ({"search": "IEL"}, lambda one: "iel" in one.name.lower()),
        "number": ({"search": "a-4"}, lambda one: one.number == "A-4"),
        "nothing": ({"search": "%"}, lambda one: False),
        "then": ({"as_of": NOW}, lambda one: True),
        "before": ({"as_of": LONG_AGO}, lambda one: False),
    }


async def test_every_narrowing_and_every_two_of_them(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    reaches = (Reach(one.id), Reach(one.id, one.accounts["sales"].path))
    narrowed = narrowings(one)

    for reach, (first, second) in itertools.product(reaches, itertools.combinations_with_replacement(narrowed, 2)):
        (given, fits), (more, also_fits) = narrowed[first], narrowed[second]
        if first != second and given.keys() & more.keys():
            continue
        filter = AccountFilter(**{name: value for name, value in (given | more).items() if name in OF_FILTER})
        wanted = {name: value for name, value in (given | more).items() if name not in OF_FILTER}
        seen = [account for account in one.accounts.values() if reach.covers(one.id, account.path) and fits(account) and also_fits(account)]
        expected = sorted(seen, key=lambda account: account.path)
        async with database.read() as session:
            arguments = (session, scope_of(reach), one.id)
            page = await accounts_page(*arguments, window=Window(50), filter=filter, **wanted)
            count = await accounts_count(*arguments, filter=filter, **wanted)

        assert [row.id for row in page.rows] == [account.id for account in expected], (first, second)
        assert count == len(expected)


async def test_accounts_are_walked_in_the_order_of_the_tree_as_it_hangs_or_hung(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    names = [account.name for account in sorted(one.accounts.values(), key=lambda account: account.path)]

    for as_of, is_backward in itertools.product((None, NOW), (False, True)):
        seen: list[str] = []
        cursor, is_more = None, True
        while is_more:
            async with database.read() as session:
                page = await accounts_page(session, scope_of(Reach(one.id)), one.id, window=Window(1, cursor, is_backward), as_of=as_of)
            seen, cursor = seen + [row.name for row in page.rows], page.cursors[-1]
            is_more = page.has_previous if is_backward else page.has_next
        assert seen == (names[::-1] if is_backward else names)


async def test_organizations_are_found_by_a_part_of_name_or_legal_id_in_scope_alone(database: Database, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    for reach, search, expected in (
        ((Reach(None),), None, {one.id, other.id}),
        ((Reach(None),), "rya trad", {one.id, other.id}),
        ((Reach(None),), "10380284", {one.id}),
        ((Reach(None),), "_", set()),
        ((Reach(other.id),), "arya", {other.id}),
        ((Reach(one.id), Reach(other.id, "1.")), None, {one.id, other.id}),
        ((), None, set()),
    ):
        async with database.read() as session:
            page = await organizations_page(session, scope_of(*reach), search=search, window=Window(10))
            count = await organizations_count(session, scope_of(*reach), search=search)
            known = await organizations_by_ids(session, scope_of(*reach), [one.id, other.id, uuid7()])

        assert {row.id for row in page.rows} == expected and count == len(expected)
        if search is None:
            assert [row.id if row else None for row in known] == [one.id if one.id in expected else None, other.id if other.id in expected else None, None]


async def test_the_top_the_places_and_the_cost_centres_are_those_in_scope(database: Database, two_tenants: TwoTenants) -> None:
    one, other = two_tenants.one, two_tenants.other
    sales, field, office = (one.accounts[name] for name in ("sales", "field", "office"))
    centres = [CostCentre(id=uuid7(), organization_id=tenant.id, code="CC", name="Vans") for tenant in (one, other)]
    async with database.write() as session:
        session.add_all(centres)
    narrow, foreign = scope_of(Reach(one.id, sales.path)), scope_of(Reach(other.id))

    async with database.read() as session:
        tops = [await top_account(session, scope, one.id) for scope in (scope_of(Reach(one.id)), narrow, foreign)]
        places = await places_at(session, narrow, [(field.id, NOW), (office.id, NOW), (field.id, LONG_AGO)])
        seen = [await cost_centres_by_ids(session, scope, [centre.id for centre in centres]) for scope in (narrow, foreign)]

    assert [top.name if top else None for top in tops] == ["Root", "Sales", None]
    assert [(place.parent_id, place.depth) if place else None for place in places] == [(sales.id, field.depth), None, None]
    assert [[centre.id if centre else None for centre in rows] for rows in seen] == [[centres[0].id, None], [None, centres[1].id]]
