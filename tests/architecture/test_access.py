"""The authorization matrix: the whole schema is in the access table, and the server does what the table says, for every role."""

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from api.world import World
from auth.actor import Actor
from auth.policy import RIGHTS
from domain.kernel.permissions import Permission
from schema.root import schema
from tests.architecture.access import INHERITS, OPEN, OWN, SESSION, SIGNED_IN, declared, fields, table
from tests.architecture.access import RIGHTS as NAMED
from tests.architecture.full_world import Full, make_full
from tests.world import TwoTenants, ask

DENIED = {"FORBIDDEN", "UNAUTHENTICATED"}
ROLES = (
    "stranger", "profile manager", "account manager", "group manager", "support", "support in a view", "operator administrator",
    "token that reads SIM cards",
)  # fmt: skip
PARENTS = {
    "Organization": {Permission.ACCOUNT_READ, Permission.SUPPORT_VIEW}, "Account": {Permission.ACCOUNT_READ}, "Sim": {Permission.SIM_READ},
    "Order": {Permission.ORDER_READ}, "Wallet": {Permission.WALLET_READ}, "Ticket": {Permission.TICKET_READ},
    "Bill": {Permission.BILL_READ}, "Group": {Permission.GROUP_READ},
}  # fmt: skip
"""The rights any of which gets at a node at all; support may find organizations."""


def test_every_field_is_in_the_table() -> None:
    assert sorted(table()) == sorted(fields()), "run `python -m tests.architecture.access` and decide on the new rows"


def test_the_code_declares_what_the_table_says() -> None:
    rights = {field: needs for field, needs in table().items() if needs not in {INHERITS, OPEN, SIGNED_IN, SESSION, OWN}}

    assert rights == declared()
    assert set(rights.values()) <= set(NAMED)


def test_every_root_field_is_decided() -> None:
    assert not [field for field, needs in table().items() if field.startswith(("Query.", "Mutation.", "Subscription.")) and needs == INHERITS]


def sample(kind: Any, name: str, full: Full) -> Any:
    """A value an argument may have; ids name things that exist."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, name, full)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, name, full)]
    if isinstance(kind, GraphQLInputObjectType):
        if kind.extensions["strawberry-definition"].is_one_of:
            key, spec = next(iter(kind.fields.items()))
            return {key: sample(spec.type, key, full)}
        required = {key: spec for key, spec in kind.fields.items() if isinstance(spec.type, GraphQLNonNull)}
        values = {key: sample(spec.type, key, full) for key, spec in required.items()}
        return {**values, "mode": "PLAN"} if "mode" in kind.fields else values
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return full.value(kind.name, name)


def asked(coordinate: str, full: Full) -> tuple[str, dict[str, Any]]:
    """A document that selects just this field, and its variables."""
    parent, name = coordinate.split(".")
    owner = schema._schema.type_map[parent]
    assert isinstance(owner, GraphQLObjectType)
    field: GraphQLField = owner.fields[name]
    variables, heads, arguments = {}, [], []
    for key, spec in field.args.items():
        if isinstance(spec.type, GraphQLNonNull) or key == "first":
            variables[key] = 1 if key == "first" else sample(spec.type, key, full)
            heads.append(f"${key}: {spec.type}")
            arguments.append(f"{key}: ${key}")
    selected = name + (f"({', '.join(arguments)})" if arguments else "") + ("" if is_leaf_type(get_named_type(field.type)) else " { __typename }")
    head = f"({', '.join(heads)})" if heads else ""
    if parent == "Mutation":
        return f"mutation{head} {{ {selected} }}", variables
    if parent == "Query":
        return f"query{head} {{ {selected} }}", variables
    if parent == "Viewer":
        return f"query{head} {{ viewer {{ {selected} }} }}", variables
    heads.append("$node: ID!")
    return f"query({', '.join(heads)}) {{ node(id: $node) {{ ... on {parent} {{ {selected} }} }} }}", {**variables, "node": full.node(parent)}


def expected(actor: Actor | None, coordinate: str, needs: str) -> bool:
    """Whether the actor gets a field by the access table and the role table."""
    if actor is None:
        return False
    if actor.is_read_only and coordinate.startswith("Mutation.") and needs != SESSION:
        return False
    if needs in {SESSION, OWN}:
        return actor.session_id is not None and not (needs == OWN and actor.is_read_only)
    parent = PARENTS.get(coordinate.split(".")[0])
    return (needs == SIGNED_IN or NAMED[needs] in actor.permissions) and (parent is None or bool(parent & actor.permissions))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_gets_what_the_table_says(role: str, world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    actor = full.actors[role]
    wrong = []
    for coordinate, needs in table().items():
        if needs in {INHERITS, OPEN} or coordinate.startswith("Subscription."):  # those are listened to in tests/api/test_sockets.py
            continue
        document, variables = asked(coordinate, full)

        answer = await ask(world.database, actor, document, variables, at=world.clock.now(), parts=world)

        is_nobody = coordinate.startswith("Viewer.") and answer.data == {"viewer": None}
        observed = not (set(answer.codes) & DENIED) and not is_nobody
        if observed is not expected(actor, coordinate, needs):
            wrong.append((coordinate, needs, "allowed" if observed else "denied", answer.codes))
    assert wrong == []


def test_the_role_table_keeps_operators_and_companies_apart() -> None:
    operators = {Permission.MEMBERSHIP_MANAGE, Permission.WALLET_ADJUST, Permission.BILL_RESOLVE, Permission.SUPPORT_VIEW, Permission.CONTENT_MANAGE}

    for role, rights in RIGHTS.items():
        if role.value.endswith("MANAGER"):
            assert not rights & operators


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_other_tenant_finds_none_of_it(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    stranger = two_tenants.other.as_profile_manager()
    seen = []
    for kind, id in full.ids.items():
        answer = await ask(world.database, stranger, "query($id: ID!) { node(id: $id) { __typename } }", {"id": id}, at=world.clock.now(), parts=world)
        if answer.data["node"] is not None:
            seen.append(kind)

    assert seen == ["ProductOffering", "Incident"]  # the catalogue is everybody's, and so is what the operator tells everybody
