"""Every business mutation plans before it acts: PLAN changes no row, APPLY does exactly the planned changes (QUALITY, D3)."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type
from sqlalchemy import text
from sqlmodel import SQLModel

from api.world import World
from schema.root import schema
from tests.architecture.cases import CASES, Case
from tests.world import TwoTenants, ask

APART = {"auth_sessions", "auth_limit_windows", "auth_api_tokens_use", "idempotency_keys"}
"""Stores a PLAN may touch: sessions, token use, limits (the access log is no SQL)."""


RECORDS = {"incidentSave": "incident_changes", "voucherBatchCreate": "voucher_batches"}
"""Where a write is recorded that touches no company's data; all others stand in the company's audit trail."""

REFUSED = {"audit_entries", "audit_heads"}
"""What a refused attempt leaves."""


def business_mutations() -> list[str]:
    """The mutations whose input has a mode."""
    mutation = schema._schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    inputs = {name: get_named_type(field.args["input"].type) for name, field in mutation.fields.items()}
    return [name for name, kind in inputs.items() if isinstance(kind, GraphQLInputObjectType) and "mode" in kind.fields]


def idempotent_mutations() -> list[str]:
    """The mutations whose input has a key."""
    mutation = schema._schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    inputs = {name: get_named_type(field.args["input"].type) for name, field in mutation.fields.items()}
    return [name for name, kind in inputs.items() if isinstance(kind, GraphQLInputObjectType) and "idempotencyKey" in kind.fields]


def document(name: str) -> str:
    """A document that runs a mutation and shows its plan."""
    kind = f"{name[0].upper()}{name[1:]}"
    return f"""mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename
      ... on {kind}Payload {{ plan {{ token changeCount changes {{ label field before after money {{ amount }} }}
        exclusionCount total {{ gross {{ amount }} }} }} }}
      ... on UserError {{ code message field }} }} }}"""


async def rows(world: World) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every table but those apart."""
    found = {}
    async with world.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in APART:
                found[table.name] = sorted(tuple(map(str, row)) for row in await session.execute(text(f'SELECT * FROM "{table.name}"')))
    return found


def differing(one: Mapping[str, list[Any]], other: Mapping[str, list[Any]]) -> set[str]:
    """The tables whose rows differ."""
    return {name for name in one if one[name] != other[name]}


async def run(world: World, case: Case, name: str, **more: Any) -> dict[str, Any]:
    answer = await ask(
        world.database, case.actor, document(name), {"input": {**case.input, **more}}, at=world.clock.now(), parts=world
    )
    assert answer.errors == []
    result: dict[str, Any] = answer.data[name]
    assert result["__typename"] == f"{name[0].upper()}{name[1:]}Payload", result
    return result


def test_every_business_mutation_has_a_case() -> None:
    assert set(business_mutations()) == set(CASES)


@pytest.mark.parametrize("name", business_mutations())
async def test_plan_changes_nothing_and_apply_does_exactly_the_plan(name: str, world: World, two_tenants: TwoTenants) -> None:
    case = await CASES[name](world, two_tenants)
    before = await rows(world)

    planned = (await run(world, case, name, mode="PLAN"))["plan"]

    assert planned["changeCount"] >= 1
    assert planned["token"]
    assert await rows(world) == before

    applied = (await run(world, case, name, mode="APPLY", planToken=planned["token"]))["plan"]

    assert applied["token"] is None
    assert applied["changes"] == planned["changes"]
    assert applied["total"] == planned["total"]
    after = await rows(world)
    assert after != before
    record = RECORDS.get(name, "audit_entries")
    assert len(after[record]) == len(before[record]) + 1


@pytest.mark.parametrize("name", idempotent_mutations())
async def test_the_same_key_acts_once_and_other_content_is_a_conflict(name: str, world: World, two_tenants: TwoTenants) -> None:
    case = await CASES[name](world, two_tenants)
    first = await run(world, case, name, mode="APPLY")
    after = await rows(world)

    again = await run(world, case, name, mode="APPLY")

    assert again == first
    assert await rows(world) == after

    other = {**case.input, **case.other_content}
    answer = await ask(world.database, case.actor, document(name), {"input": other}, at=world.clock.now(), parts=world)
    assert answer.data[name]["code"] == "IDEMPOTENCY_CONFLICT"
    assert differing(await rows(world), after) <= REFUSED


async def test_a_stale_plan_is_not_applied(world: World, two_tenants: TwoTenants) -> None:
    case = await CASES["simBlock"](world, two_tenants)
    token = (await run(world, case, "simBlock", mode="PLAN"))["plan"]["token"]
    other = await CASES["simBlock"](world, two_tenants)
    await run(world, other, "simBlock", mode="APPLY")
    before = await rows(world)

    answer = await ask(
        world.database, case.actor, document("simBlock"), {"input": {**case.input, "mode": "APPLY", "planToken": token, "errorPolicy": "SKIP_FAILED"}},
        at=world.clock.now(), parts=world,
    )  # fmt: skip

    assert answer.data["simBlock"]["code"] in {"PLAN_STALE", "ROWS_REJECTED"}
    assert differing(await rows(world), before) <= REFUSED | {"audit_subjects"}
