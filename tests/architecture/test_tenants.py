"""Two companies of identical shape never meet: by no field, by no argument, by no mutation (QUALITY, who gets in)."""

import json
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from sqlmodel import select

from api.world import World
from auth.actor import Actor
from domain.audit.tables import AuditEntry
from schema.root import schema
from tests.architecture.access import fields
from tests.architecture.cases import CASES
from tests.architecture.full_world import Full, make_full
from tests.architecture.test_access import asked, sample
from tests.architecture.test_plans import REFUSED, differing, rows
from tests.world import TwoTenants, ask

EVERYBODYS = {"ProductOffering", "Incident"}
"""The catalogue, and what the operator tells everybody."""
ABOUT_ONESELF = {"auth_challenges", "outbox", "auth_limit_windows"}
"""What asking for a code leaves, whoever asks."""


def marks_of_one(full: Full, tenants: TwoTenants) -> set[str]:
    """What only the first company's data holds: ids and numbers."""
    ids = {id for kind, id in full.ids.items() if kind not in EVERYBODYS}
    numbers = {value for sim in tenants.one.sims for value in (sim.msisdn, sim.iccid, sim.imsi) if value}
    people = {value for person in (tenants.one.profile_manager, tenants.one.account_manager) for value in (person.mobile, person.email) if value}
    return ids | numbers | people


def others(tenants: TwoTenants) -> list[Actor]:
    """The managers of the second company."""
    return [tenants.other.as_profile_manager(), tenants.other.as_account_manager()]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_field_shows_anything_of_the_other_company(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    marks = marks_of_one(full, two_tenants)
    seen, answered = [], 0
    for actor in others(two_tenants):
        for coordinate in fields():
            parent = coordinate.split(".")[0]
            if parent in {"Query", "Viewer", *full.ids} and parent not in EVERYBODYS:
                document, variables = asked(coordinate, full)

                answer = await ask(world.database, actor, document, variables, at=world.clock.now(), parts=world)

                answered += 1
                told = json.dumps([answer.data, answer.errors])
                seen += [(coordinate, mark) for mark in marks if mark in told]
                if parent in full.ids:
                    assert answer.data == {"node": None}, coordinate
    assert answered > 200
    assert seen == []


def mutations() -> dict[str, GraphQLInputObjectType]:
    """Every mutation with the type of its input."""
    root = schema._schema.mutation_type
    assert root is not None
    return {name: kind for name, field in root.fields.items() if isinstance(kind := get_named_type(field.args["input"].type), GraphQLInputObjectType)}


async def attempt(world: World, actor: Actor | None, name: str, input: Any) -> Any:
    """Runs a mutation and returns what it told."""
    kind = mutations()[name].name
    plan = f"... on {name[0].upper()}{name[1:]}Payload {{ plan {{ changeCount }} }}" if "mode" in mutations()[name].fields else ""
    document = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ __typename {plan} ... on UserError {{ code message field }} }} }}"
    return await ask(world.database, actor, document, {"input": input}, at=world.clock.now(), parts=world)


@pytest.mark.parametrize("name", CASES)
async def test_no_mutation_touches_the_other_company(name: str, world: World, two_tenants: TwoTenants) -> None:
    case = await CASES[name](world, two_tenants)
    before = await rows(world)
    trail = {row[0] for row in await entries_of_one(world, two_tenants)}

    for actor in others(two_tenants):
        for mode in ("PLAN", "APPLY"):
            answer = await attempt(world, actor, name, {**case.input, "mode": mode})
            told = (answer.data or {}).get(name) or {}
            is_empty_plan = mode == "PLAN" and told.get("plan") == {"changeCount": 0}
            assert answer.codes == ["FORBIDDEN"] or told.get("code") in {"NOT_FOUND", "ROWS_REJECTED"} or is_empty_plan, answer

    assert differing(await rows(world), before) <= REFUSED | {"audit_subjects"}
    assert {row[0] for row in await entries_of_one(world, two_tenants)} == trail


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_other_mutation_touches_the_other_company_either(world: World, two_tenants: TwoTenants) -> None:
    full = await make_full(world, two_tenants)
    before = await rows(world)
    trail = {row[0] for row in await entries_of_one(world, two_tenants)}
    for name, kind in mutations().items():
        if name not in CASES and name not in {"viewerUpdate", "totpEnroll", "totpConfirm"}:
            await attempt(world, two_tenants.other.as_profile_manager(), name, sample(kind, "input", full))

    assert differing(await rows(world), before) <= REFUSED | ABOUT_ONESELF
    assert {row[0] for row in await entries_of_one(world, two_tenants)} == trail


async def entries_of_one(world: World, tenants: TwoTenants) -> list[Any]:
    """The first company's audit trail."""
    async with world.database.read() as session:
        return list((await session.execute(select(AuditEntry.id).where(AuditEntry.organization_id == tenants.one.id))).all())
