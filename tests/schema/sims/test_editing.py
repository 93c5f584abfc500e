"""simUpdate, simImeiLock and simReplace: what they change, for whom, and what the network makes of it, on both engines."""

import dataclasses
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.worker import handlers
from api.world import World
from auth.actor import Actor
from domain.accounts.tables import CostCentre
from domain.audit.tables import AuditEntry
from domain.kernel.ids import Kind, encode
from domain.sims import puk
from domain.sims.puk import Codes, sealed_secret
from domain.sims.tables import Sim, SimSecret
from store import outbox
from store.session import Database
from tests.schema.sims.test_state_changes import change, counts_fit
from tests.spares import CODES, make_spare
from tests.world import NOW, TwoTenants, ask, luhn

SHOWN = """id msisdn iccid imsi imei lockedImei status statusReason barring holder { name employeeNumber } costCentre { code } tags viewerCan"""
PLAN = "plan { token changeCount changes { label field before after } exclusionCount exclusions { label reason { code message } } }"
DOCUMENTS = {
    "simUpdate": f"mutation($input: SimUpdateInput!) {{ simUpdate(input: $input) {{ __typename ... on SimUpdatePayload {{ {PLAN} sims {{ {SHOWN} }} }} "
    "... on RowsRejected { exclusions { label reason { code message } } } ... on UserError { code message field } } }",
    **{
        name: f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename ... on {kind}Payload {{ {PLAN} sim {{ {SHOWN} }} }} "
        "... on UserError { code message field } } }"
        for name, kind in (("simImeiLock", "SimImeiLock"), ("simReplace", "SimReplace"))
    },
}
FIND = """query($id: ID!, $text: String!) { account(id: $id) { sims(first: 20, search: $text) { edges { node { id } } } } }"""
TILL, PHONE = "490154203237518", "356938035643809"
LINE_CODES = Codes("01234567", "98765432")


async def run(parts: Any, actor: Actor | None, name: str, /, **given: Any) -> Any:
    """Runs one of the mutations; returns its outcome."""
    wanted: dict[str, Any] = dict(given)
    if name != "simUpdate":
        wanted.setdefault("idempotencyKey", str(uuid.uuid4()))
    answer = await ask(parts.database, actor, DOCUMENTS[name], {"input": wanted}, at=parts.clock.now(), parts=parts)
    assert answer.errors == [], answer.errors
    return answer.data[name]


async def found(parts: Any, actor: Actor, account: str, text: str) -> list[str]:
    """Ids of the cards that a search finds."""
    answer = await ask(parts.database, actor, FIND, {"id": account, "text": text}, parts=parts)
    return [edge["node"]["id"] for edge in answer.data["account"]["sims"]["edges"]]


def gid(sim: Sim) -> str:
    return encode(Kind.SIM, sim.id)


async def stored(database: Database, sim: Sim) -> Sim:
    async with database.read() as session:
        return await session.get_one(Sim, sim.id)


async def work(world: World) -> None:
    while await outbox.run_once(world.database, handlers(world), world.clock, worker="test"):
        pass


async def test_cards_get_a_holder_a_cost_centre_and_tags_and_are_found_by_them(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    cards = one.sims[:2]

    done = await run(
        world, actor, "simUpdate", sims={"ids": [gid(card) for card in cards]}, holder={"name": "  Kaveh   Bahrami ", "employeeNumber": "۴۷۱۱"},
        costCentreCode="CC-9", addTags=["night shift", "VIP", "VIP"],
    )  # fmt: skip

    assert [sim["holder"] for sim in done["sims"]] == [{"name": "Kaveh Bahrami", "employeeNumber": "۴۷۱۱"}] * 2
    assert [(sim["costCentre"], sim["tags"]) for sim in done["sims"]] == [({"code": "CC-9"}, ["night shift", "VIP"])] * 2
    assert [(c["field"], c["before"], c["after"]) for c in done["plan"]["changes"][:4]] == [
        ("holder", "Holder 00", "Kaveh Bahrami"), ("holder.employeeNumber", None, "۴۷۱۱"), ("costCentre", None, "CC-9"),
        ("tags", None, "night shift, VIP"),
    ]  # fmt: skip
    assert set(await found(world, actor, one.account("root"), "bahrami")) == {gid(card) for card in cards}
    assert set(await found(world, actor, one.account("root"), "cc-9")) == {gid(card) for card in cards}
    assert await found(world, actor, one.account("root"), "Holder 00") == []


async def test_what_is_absent_stays_and_null_empties(world: World, two_tenants: TwoTenants) -> None:
    actor, card = two_tenants.one.as_profile_manager(), two_tenants.one.sims[0]
    chosen = {"ids": [gid(card)]}
    await run(world, actor, "simUpdate", sims=chosen, costCentreCode="CC-1", addTags=["a", "b"])

    kept = (await run(world, actor, "simUpdate", sims=chosen, removeTags=["a", "unknown"]))["sims"][0]
    emptied = (await run(world, actor, "simUpdate", sims=chosen, holder=None, costCentreCode=None))["sims"][0]

    assert (kept["holder"]["name"], kept["costCentre"], kept["tags"]) == ("Holder 00", {"code": "CC-1"}, ["b"])
    assert (emptied["holder"], emptied["costCentre"], emptied["tags"]) == (None, None, ["b"])
    async with world.database.read() as session:
        assert [centre.code for centre in await session.scalars(select(CostCentre))] == ["CC-1"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "INVALID_INPUT", None),
        ({"holder": {"name": " "}}, "INVALID_INPUT", ["holder", "name"]),
        ({"holder": {"name": "x" * 121}}, "INVALID_INPUT", ["holder", "name"]),
        ({"costCentreCode": "x" * 41}, "INVALID_INPUT", ["costCentreCode"]),
        ({"addTags": ["one|two"]}, "INVALID_INPUT", ["addTags"]),
        ({"addTags": ["یک، دو"]}, "INVALID_INPUT", ["addTags"]),
        ({"addTags": ["x"], "removeTags": ["x"]}, "INVALID_INPUT", ["addTags"]),
        ({"addTags": [str(n) for n in range(21)]}, "INVALID_INPUT", ["addTags"]),
    ],
)
async def test_an_edit_that_cannot_be_meant_is_refused(
    world: World, two_tenants: TwoTenants, given: dict[str, Any], code: str, field: list[str] | None
) -> None:
    refused = await run(world, two_tenants.one.as_profile_manager(), "simUpdate", sims={"ids": [gid(two_tenants.one.sims[0])]}, **given)

    assert (refused["__typename"], refused["code"], refused["field"]) == ("Problem", code, field)
    assert (await stored(world.database, two_tenants.one.sims[0])).holder_name == "Holder 00"


async def test_rows_that_cannot_be_edited_are_named(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    actor, tagged, foreign = one.as_account_manager(), one.sims[0], one.sims[8]
    await run(world, one.as_profile_manager(), "simUpdate", sims={"ids": [gid(tagged)]}, addTags=[f"t{n}" for n in range(20)])
    chosen = {"ids": [gid(tagged), gid(one.sims[1]), gid(foreign), gid(two_tenants.other.sims[0])]}

    rejected = await run(world, actor, "simUpdate", sims=chosen, addTags=["more"])
    done = await run(world, actor, "simUpdate", sims=chosen, addTags=["more"], errorPolicy="SKIP_FAILED")

    assert rejected["__typename"] == "RowsRejected"
    assert [row["reason"]["code"] for row in rejected["exclusions"]] == ["NOT_ELIGIBLE", "NOT_FOUND", "NOT_FOUND"]
    assert [sim["id"] for sim in done["sims"]] == [gid(one.sims[1])]
    assert (await stored(world.database, foreign)).tags == "|"


async def test_a_card_tied_to_another_device_stops_and_works_again_when_freed(world: World, two_tenants: TwoTenants) -> None:
    actor, card = two_tenants.one.as_profile_manager(), two_tenants.one.sims[0]
    async with world.database.write() as session:
        (await session.get_one(Sim, card.id)).imei = PHONE

    tied = await run(world, actor, "simImeiLock", simId=gid(card), imei=TILL)
    again = await run(world, actor, "simImeiLock", simId=gid(card), imei=TILL)
    await counts_fit(world.database)
    freed = await run(world, actor, "simImeiLock", simId=gid(card), imei=None)
    await work(world)

    assert (tied["sim"]["lockedImei"], tied["sim"]["status"], tied["sim"]["statusReason"]) == (TILL, "IMEI_MISMATCH", "POLICY")
    assert again["code"] == "STATE_CONFLICT"
    assert (freed["sim"]["lockedImei"], freed["sim"]["status"], freed["sim"]["barring"]) == (None, "ACTIVE", "NONE")
    await counts_fit(world.database)


@pytest.mark.parametrize("name", ["simImeiLock", "simReplace"])
async def test_acting_takes_a_fresh_proof_but_planning_does_not(name: str, world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    spare = await make_spare(world.database, one, world.sealer)
    actor = dataclasses.replace(one.as_profile_manager(), proven_at=NOW - timedelta(minutes=5))
    given = {"simId": gid(one.sims[0]), "imei": TILL} if name == "simImeiLock" else {
        "simId": gid(one.sims[0]), "spareSimId": gid(spare), "reason": "LOST"
    }  # fmt: skip

    planned = await run(world, actor, name, mode="PLAN", **given)
    refused = await run(world, actor, name, **given)

    assert planned["plan"]["token"]
    assert refused["__typename"] == "StepUpRequired"
    now = await stored(world.database, one.sims[0])
    assert (now.locked_imei, now.iccid) == (None, one.sims[0].iccid)


async def test_a_lock_the_network_refuses_is_taken_back(world: World, two_tenants: TwoTenants) -> None:
    actor, card = two_tenants.one.as_profile_manager(), two_tenants.one.sims[0]
    async with world.database.write() as session:
        row = await session.get_one(Sim, card.id)
        row.iccid, row.imei = luhn("899835000000000013"), PHONE
    assert (await run(world, actor, "simImeiLock", simId=gid(card), imei=TILL))["sim"]["status"] == "IMEI_MISMATCH"

    await work(world)

    now = await stored(world.database, card)
    assert (now.locked_imei, now.status) == (None, "ACTIVE")
    await counts_fit(world.database)
    async with world.database.read() as session:
        actions = [entry.action for entry in await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))]
    assert actions == ["simImeiLock", "simImeiLockRevert"]


async def codes_of(world: World, sim: Sim) -> Codes:
    async with world.database.read() as session:
        return puk.opened(world.sealer, await session.get_one(SimSecret, sim.id))


async def with_codes(world: World, sim: Sim) -> None:
    async with world.database.write() as session:
        session.add(SimSecret(**sealed_secret(world.sealer, sim.organization_id, sim.id, LINE_CODES)))


async def test_a_lost_card_is_replaced_and_the_line_goes_on(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    line, spare = one.sims[0], await make_spare(world.database, one, world.sealer)
    await with_codes(world, line)
    await change(world.database, actor, "simBlock", [line])

    done = await run(world, actor, "simReplace", simId=gid(line), spareSimId=gid(spare), reason="LOST")
    await work(world)

    shown = done["sim"]
    assert (shown["id"], shown["msisdn"], shown["iccid"], shown["imsi"]) == (gid(line), line.msisdn, spare.iccid, spare.imsi)
    assert (shown["status"], shown["holder"]["name"]) == ("ACTIVE", "Holder 00")
    left = await stored(world.database, spare)
    assert (left.iccid, left.imsi, left.msisdn, left.status, left.status_reason) == (line.iccid, line.imsi, None, "TERMINATED", "LOST")
    assert (await codes_of(world, line), await codes_of(world, spare)) == (CODES, LINE_CODES)
    assert await found(world, actor, one.account("root"), spare.iccid) == [gid(line)]
    assert await found(world, actor, one.account("root"), line.iccid) == [gid(spare)]
    await counts_fit(world.database)


@pytest.mark.parametrize(("line", "spare", "code", "field"), [(6, None, "STATE_CONFLICT", "simId"), (0, 1, "STATE_CONFLICT", "spareSimId"), (0, 6, "STATE_CONFLICT", "spareSimId")])
async def test_only_a_line_in_use_goes_on_a_card_never_used(
    world: World, two_tenants: TwoTenants, line: int, spare: int | None, code: str, field: str
) -> None:
    one = two_tenants.one
    other = one.sims[spare] if spare is not None else await make_spare(world.database, one, world.sealer)

    refused = await run(world, one.as_profile_manager(), "simReplace", simId=gid(one.sims[line]), spareSimId=gid(other), reason="REQUEST")

    assert (refused["code"], refused["field"]) == (code, [field])
    assert (await stored(world.database, one.sims[line])).iccid == one.sims[line].iccid


async def test_a_foreign_spare_is_not_found(world: World, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    for spare in (
        await make_spare(world.database, two_tenants.other, world.sealer, serial=901), await make_spare(world.database, one, world.sealer, account="office"),
    ):  # fmt: skip
        refused = await run(world, one.as_account_manager(), "simReplace", simId=gid(one.sims[0]), spareSimId=gid(spare), reason="LOST")
        assert (refused["code"], refused["field"]) == ("NOT_FOUND", ["spareSimId"])


async def test_a_replacement_the_network_refuses_is_put_back(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    line, spare = one.sims[0], await make_spare(world.database, one, world.sealer, serial=13)
    assert spare.iccid[:-1].endswith("13")
    await with_codes(world, line)
    async with world.database.write() as session:
        (await session.get_one(Sim, line.id)).imei = PHONE
    await change(world.database, actor, "simBlock", [line])
    await run(world, actor, "simReplace", simId=gid(line), spareSimId=gid(spare), reason="LOST")

    await work(world)

    now, left = await stored(world.database, line), await stored(world.database, spare)
    assert (now.iccid, now.imsi, now.imei, now.status, now.status_reason) == (line.iccid, line.imsi, PHONE, "BLOCKED", "LOST")
    assert (left.iccid, left.status) == (spare.iccid, "READY_TO_ACTIVATE")
    assert (await codes_of(world, line), await codes_of(world, spare)) == (LINE_CODES, CODES)
    await counts_fit(world.database)
