"""auditUndo: what can be undone, once, by whom, and never over what came after, on both engines."""

import asyncio
import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.worker import handlers
from api.world import World
from auth.actor import Actor
from domain.accounts.tables import Account
from domain.hierarchy.present import hold
from domain.kernel.ids import Kind, encode
from domain.sims.tables import Sim
from store import outbox
from tests.schema.sims.test_editing import PHONE, TILL, gid, run
from tests.schema.sims.test_state_changes import change, counts_fit
from tests.world import NOW, TwoTenants, ask

TRAIL = """query($id: ID!) { organization(id: $id) { auditTrail(first: 100) { edges { node {
  id action isReversible changeCount } } } } }"""
UNDO = """mutation($input: AuditUndoInput!) { auditUndo(input: $input) { __typename
  ... on AuditUndoPayload { plan { token changes { label field before after } } entry { id action isReversible } }
  ... on UserError { code message field } } }"""


async def trail(world: World, actor: Actor, organization: str) -> list[dict[str, Any]]:
    """The newest entries first."""
    answer = await ask(world.database, actor, TRAIL, {"id": organization}, parts=world)
    assert answer.errors == []
    return [edge["node"] for edge in answer.data["organization"]["auditTrail"]["edges"]]


async def undo(world: World, actor: Actor, entry: str, **given: Any) -> Any:
    wanted = {"auditEntryId": entry, "idempotencyKey": str(uuid.uuid4()), **given}
    answer = await ask(world.database, actor, UNDO, {"input": wanted}, at=world.clock.now(), parts=world)
    return answer.data["auditUndo"] if answer.data else {"errors": answer.codes}


async def states(world: World) -> dict[Any, tuple[Any, ...]]:
    """What can be undone of every card."""
    columns = (Sim.status, Sim.status_reason, Sim.barring, Sim.barred_by, Sim.resumes_at, Sim.holder_name, Sim.employee_number, Sim.tags)
    more = (Sim.cost_centre_id, Sim.locked_imei)
    async with world.database.read() as session:
        return {row[0]: tuple(row[1:]) for row in await session.execute(select(Sim.id, *columns, *more))}


async def test_a_block_is_undone_once_and_as_planned(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    before = await states(world)
    await change(world.database, actor, "simBlock", one.sims[:2])
    (entry,) = await trail(world, actor, one.gid)

    planned = await undo(world, actor, entry["id"], mode="PLAN")
    undone = await undo(world, actor, entry["id"], planToken=planned["plan"]["token"])
    again = await undo(world, actor, entry["id"])

    assert entry["isReversible"]
    assert planned["entry"] is None
    assert undone["plan"]["changes"] == planned["plan"]["changes"]
    assert (undone["entry"]["action"], undone["entry"]["isReversible"]) == ("auditUndo", False)
    assert (again["code"], again["message"]) == ("STATE_CONFLICT", "This was undone already.")
    assert await states(world) == before
    refused, made, first = await trail(world, actor, one.gid)
    assert (refused["action"], made["id"], first["isReversible"]) == ("auditUndo", undone["entry"]["id"], False)
    await counts_fit(world.database)


async def test_what_was_overtaken_cannot_be_undone(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    await change(world.database, actor, "simBlock", one.sims[:2])
    (entry,) = await trail(world, actor, one.gid)
    await change(world.database, actor, "simUnblock", one.sims[1:2])
    before = await states(world)

    refused = await undo(world, actor, entry["id"])

    assert (refused["code"], one.sims[1].msisdn in refused["message"]) == ("STATE_CONFLICT", True)
    assert await states(world) == before


async def test_undoing_takes_the_right_of_the_first_act_and_its_reach(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    await change(world.database, actor, "simBlock", one.sims[:1])
    await change(world.database, actor, "simBlock", [one.sims[8]])
    theirs, ours = await trail(world, actor, one.gid)
    before = await states(world)

    beyond = await undo(world, one.as_account_manager(), theirs["id"])
    foreign = await undo(world, two_tenants.other.as_profile_manager(), ours["id"])
    support = await undo(world, one.as_support(), ours["id"])
    unknown = await undo(world, actor, encode(Kind.AUDIT_ENTRY, uuid.uuid4()))

    assert (beyond["code"], foreign["code"], unknown["code"]) == ("NOT_FOUND", "NOT_FOUND", "NOT_FOUND")
    assert support == {"errors": ["FORBIDDEN"]}
    assert await states(world) == before
    assert (await undo(world, one.as_account_manager(), ours["id"]))["__typename"] == "AuditUndoPayload"


async def test_what_has_no_opposite_says_so(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    await change(world.database, actor, "simActivate", [one.sims[6]])
    (entry,) = await trail(world, actor, one.gid)

    refused = await undo(world, actor, entry["id"])

    assert not entry["isReversible"]
    assert (refused["code"], refused["field"]) == ("NOT_ELIGIBLE", ["auditEntryId"])


async def test_a_job_is_undone_by_what_it_did_not_by_its_beginning(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    before = await states(world)
    block = "mutation($input: SimBlockInput!) { simBlock(input: $input) { __typename ... on UserError { message } } }"
    chosen = {"filter": {"accountId": one.account("sales"), "statuses": ["ACTIVE"]}}
    await did(world, actor, block, sims=chosen, reason="REQUEST", idempotencyKey=str(uuid.uuid4()))
    await outbox.run_once(world.database, handlers(world), world.clock, worker="test")

    chunk, begun = await trail(world, actor, one.gid)
    refused, undone = await undo(world, actor, begun["id"]), await undo(world, actor, chunk["id"])

    assert (begun["isReversible"], refused["code"]) == (False, "NOT_ELIGIBLE")
    assert (chunk["isReversible"], undone["__typename"]) == (True, "AuditUndoPayload")
    assert await states(world) == before


async def test_a_suspension_whose_end_has_passed_is_not_set_again(world: World, two_tenants: TwoTenants) -> None:
    one, actor, until = two_tenants.one, two_tenants.one.as_profile_manager(), NOW + timedelta(hours=1)
    await change(world.database, actor, "simBlock", one.sims[:1], reason="REQUEST", until=until.isoformat())
    await change(world.database, actor, "simUnblock", one.sims[:1])
    lifted = (await trail(world, actor, one.gid))[0]
    world.clock.move(timedelta(hours=1))

    refused = await undo(world, actor, lifted["id"])

    assert refused["code"] == "INVALID_INPUT"
    assert refused["message"] == "The end of a suspension has to lie in the future."


MOVE = """mutation($input: SimMoveInput!) { simMove(input: $input) { __typename ... on UserError { code message } } }"""
HANG = """mutation($input: AccountMoveInput!) { accountMove(input: $input) { __typename ... on UserError { code message } } }"""
NAME = """mutation($input: AccountUpdateInput!) { accountUpdate(input: $input) { __typename ... on UserError { code message } } }"""


async def did(world: World, actor: Actor, document: str, **given: Any) -> None:
    """Carries out a mutation that has to succeed."""
    answer = await ask(world.database, actor, document, {"input": given}, at=world.clock.now(), parts=world)
    (outcome,) = answer.data.values()
    assert outcome["__typename"].endswith("Payload"), outcome


async def places(world: World) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Where accounts hang and what they are called, and under which of them cards stand."""
    async with world.database.read() as session:
        accounts = {row[0]: tuple(row[1:]) for row in await session.execute(select(Account.id, Account.path, Account.parent_id, Account.name))}
        return accounts, dict((await session.execute(select(Sim.id, Sim.account_id))).all())


@pytest.mark.parametrize("ahead", [None, timedelta(days=3)])
async def test_a_move_is_undone_whether_it_holds_already_or_is_planned(
    ahead: timedelta | None, world: World, two_tenants: TwoTenants
) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    when = {"effectiveAt": (world.clock.now() + ahead).isoformat()} if ahead else {}
    before = await places(world)
    await did(world, actor, MOVE, sims={"ids": [gid(one.sims[0]), gid(one.sims[5])]}, accountId=one.account("office"), **when)
    await did(world, actor, HANG, accountId=one.account("field"), parentId=one.account("office"), **when)
    await did(world, actor, NAME, accountId=one.account("field"), name="Northern field")
    world.clock.move(timedelta(hours=1))

    for entry in await trail(world, actor, one.gid):
        undone = await undo(world, actor, entry["id"])
        assert undone["__typename"] == "AuditUndoPayload", undone

    assert await places(world) == before
    world.clock.move(timedelta(days=4))
    async with world.database.write() as session:
        await hold(session, one.id, at=world.clock.now())
    assert await places(world) == before
    await counts_fit(world.database)


async def test_undoing_never_takes_back_what_comes_at_the_same_moment(world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    for turn in range(8):
        await did(world, actor, NAME, accountId=one.account("field"), name=f"First {turn}")
        entry = (await trail(world, actor, one.gid))[0]

        await asyncio.gather(undo(world, actor, entry["id"]), did(world, actor, NAME, accountId=one.account("field"), name=f"Last {turn}"))

        accounts, _ = await places(world)
        assert accounts[one.accounts["field"].id][-1] == f"Last {turn}"
        world.clock.move(timedelta(seconds=1))


async def test_a_move_that_was_overtaken_cannot_be_undone(world: World, two_tenants: TwoTenants) -> None:
    one, actor, card = two_tenants.one, two_tenants.one.as_profile_manager(), gid(two_tenants.one.sims[0])
    await did(world, actor, MOVE, sims={"ids": [card]}, accountId=one.account("office"))
    (first,) = await trail(world, actor, one.gid)
    world.clock.move(timedelta(minutes=1))
    await did(world, actor, MOVE, sims={"ids": [card]}, accountId=one.account("field"))
    before = await places(world)

    refused = await undo(world, actor, first["id"])

    assert refused["code"] == "STATE_CONFLICT"
    assert await places(world) == before


def steps(dice: random.Random, number: int) -> Iterator[tuple[Any, ...]]:
    """Changes of four cards in any order; some of them will be refused."""
    for _ in range(number):
        card = dice.randrange(4)
        yield dice.choice((
            ("block", card, dice.choice(("LOST", "REQUEST")), dice.choice(("ALL", "OUTGOING"))),
            ("unblock", card),
            ("label", card, dice.choice((None, "Kaveh", "Olga")), dice.choice((None, "CC-1", "CC-2")), dice.sample("abc", dice.randrange(3))),
            ("lock", card, dice.choice((None, TILL, PHONE))),
        ))  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_undoing_backwards_leads_back_to_the_beginning(seed: int, world: World, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    async with world.database.write() as session:
        for sim, seen in zip(one.sims, (PHONE, PHONE, None, TILL), strict=False):
            row = await session.get_one(Sim, sim.id)
            row.imei, row.status_reason = seen, "LOST" if row.barred_by else None
    before = await states(world)
    for name, card, *more in steps(random.Random(seed), 30):
        sim = one.sims[card]
        if name == "block":
            await change(world.database, actor, "simBlock", [sim], reason=more[0], barring=more[1])
        elif name == "unblock":
            await change(world.database, actor, "simUnblock", [sim])
        elif name == "label":
            holder = {"name": more[0]} if more[0] else None
            await run(world, actor, "simUpdate", sims={"ids": [gid(sim)]}, holder=holder, costCentreCode=more[1], addTags=more[2])
        else:
            await run(world, actor, "simImeiLock", simId=gid(sim), imei=more[0])
    made = [entry["id"] for entry in await trail(world, actor, one.gid) if entry["isReversible"]]

    for entry in made:
        undone = await undo(world, actor, entry)
        assert undone["__typename"] == "AuditUndoPayload", undone

    assert len(made) > 10
    assert await states(world) == before
    await counts_fit(world.database)
