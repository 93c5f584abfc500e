"""A support view writes nothing and shows no person: every mutation is refused, and canaries planted in every personal field stay masked."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type
from sqlalchemy import update
from sqlmodel import col

from api.world import World
from domain.accounts.tables import Organization
from domain.orders.tables import Order
from domain.people.tables import Person
from domain.sims.tables import Sim
from schema.root import schema
from store.models import table_of
from tests.architecture.access import OPEN, table
from tests.architecture.full_world import make_full
from tests.architecture.test_access import asked
from tests.architecture.test_plans import differing, rows
from tests.world import TwoTenants, ask

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CANARIES = ["Canarina Privata", "Heldin Geheim", "Kontakt Verborgen", "+989129998877", "canary@private.example", "receipt-canary@private.example"]
PARTS = re.compile("canarina|privata|heldin|geheim|kontakt|verborgen|9129998877|canary@|private\\.example", re.IGNORECASE)
DEEP = 4


async def test_every_mutation_is_refused(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    before = await rows(world)
    refused = []
    for coordinate, needs in table().items():
        if coordinate.startswith("Mutation.") and needs != OPEN and coordinate != "Mutation.sessionRevoke":  # a view may end itself
            document, variables = asked(coordinate, full)

            answer = await ask(world.database, full.actors["support in a view"], document, variables, at=world.clock.now(), parts=world)

            assert answer.codes == ["FORBIDDEN"], coordinate
            refused.append(coordinate)

    assert len(refused) >= 15
    assert differing(await rows(world), before) == set()


async def test_no_personal_value_is_shown(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    await plant(world)
    shown: set[str] = set()
    found = []
    for kind, id in full.ids.items():
        document = f'{{ node(id: "{id}") {{ ... on {kind} {{ {selected(kind)} }} }} }}'

        answer = await ask(world.database, full.actors["support in a view"], document, at=world.clock.now(), parts=world)

        if answer.data["node"]:
            shown.add(kind)
        for text in texts([answer.data, answer.errors]):
            found += [(kind, text[:200])] if PARTS.search(text) or PARTS.search(opened(text)) else []
    assert found == []
    assert shown >= {"Organization", "Account", "Sim", "Order", "Wallet", "Person", "Membership", "Ticket"}


async def test_the_canaries_sing_for_those_who_may_hear_them(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    await plant(world)
    heard = ""
    for kind, id in full.ids.items():
        document = f'{{ node(id: "{id}") {{ ... on {kind} {{ {selected(kind)} }} }} }}'
        heard += json.dumps((await ask(world.database, full.actors["profile manager"], document, at=world.clock.now(), parts=world)).data)

    assert [canary for canary in CANARIES if canary not in heard] == []


async def test_masked_fields_are_no_way_to_search_sort_or_filter(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    view = full.actors["support in a view"]
    account, sim = {"id": full.ids["Account"]}, {"id": full.ids["Sim"]}
    fleet = "query($id: ID!) { node(id: $id) { ... on Account { sims(first: 5, %s) { edges { cursor } } } } }"
    usage = "query($id: ID!) { node(id: $id) { ... on Sim { usage(first: 5, %s) { edges { cursor } } } } }"

    for document, variables in (
        (fleet % 'search: "Holder"', account),
        (fleet % "sort: { key: HOLDER }", account),
        (usage % 'filter: { otherParty: "912" }', sim),
    ):
        answer = await ask(world.database, view, document, variables, at=world.clock.now(), parts=world)
        assert answer.codes == ["FORBIDDEN"], document


async def plant(world: World) -> None:
    """Canaries in every personal column."""
    async with world.database.write() as session:
        for number, person in enumerate((await session.execute(table_of(Person).select())).all()):
            unique = {} if number else {"mobile": "+989129998877", "email": "canary@private.example"}
            if person.mobile or person.email:
                await session.execute(update(Person).where(col(Person.id) == person.id).values(name="Canarina Privata", **unique))
        await session.execute(update(Sim).values(holder_name="Heldin Geheim"))
        contact = {"role": "ADMINISTRATIVE", "name": "Kontakt Verborgen", "phone": "+989129998877", "email": "canary@private.example"}
        await session.execute(update(Organization).values(contacts=[contact]))
        await session.execute(update(Order).values(receipt_emails=["receipt-canary@private.example"]))


def selected(kind: str, depth: int = DEEP, above: tuple[str, ...] = ()) -> str:
    """Everything that can be selected on a type without arguments, pages by their first three, to a depth."""
    owner = schema._schema.type_map[kind]
    if not isinstance(owner, GraphQLObjectType):
        return "__typename"
    parts = ["__typename"]
    for name, field in owner.fields.items():
        if any(isinstance(spec.type, GraphQLNonNull) for spec in field.args.values()):
            continue
        named = get_named_type(field.type)
        arguments = "(first: 3)" if "first" in field.args else ""
        is_plumbing = named.name.endswith(("Connection", "Edge", "PageInfo"))
        if is_leaf_type(named):
            parts.append(name + arguments)
        elif (depth > 0 and named.name not in above) or is_plumbing:
            parts.append(f"{name}{arguments} {{ {selected(named.name, depth - (not is_plumbing), (*above, named.name))} }}")
    return " ".join(parts)


def texts(value: Any) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def opened(text: str) -> str:
    """What a cursor says."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return ""
