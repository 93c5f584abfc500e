"""simActivate, simBlock and simUnblock: plan, apply, exclusions, keys and what they leave behind, on both engines."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from api.worker import handlers
from api.world import World
from auth.actor import Actor
from domain import registry
from domain.audit.tables import AuditEntry, IdempotencyKey
from domain.kernel.ids import Kind, encode
from domain.sims.states import BarredBy, Barring, SimStatus
from domain.sims.tables import Sim, SimCounter, SimState
from store import outbox
from store.models import table_of
from store.outbox import OutboxRow
from store.session import Database
from tests.world import NOW, Answer, Tenant, TwoTenants, ask, counted_statements, luhn

FIELDS = """__typename
  ... on PAYLOAD {
    plan { token changeCount changes { label field before after subject { id } } exclusionCount exclusions { label reason { code message } } }
    sims { id status statusReason barring resumesAt viewerCan }
  }
  ... on RowsRejected { exclusionCount exclusions { label subject { id } reason { code message } } }
  ... on PlanStale { plan { token changes { label field after } } }
  ... on UserError { code message field }"""
DOCUMENTS = {
    name: f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ "
    + FIELDS.replace("PAYLOAD", f"{name[0].upper()}{name[1:]}Payload")
    + " } }"
    for name in ("simActivate", "simBlock", "simUnblock")
}


async def change(database: Database, actor: Actor | None, name: str, cards: list[Sim] | list[str], /, **given: Any) -> Any:
    """Runs one of the mutations on cards; returns its outcome."""
    return (await answered(database, actor, name, cards, **given)).data[name]


async def answered(database: Database, actor: Actor | None, name: str, cards: list[Sim] | list[str], /, **given: Any) -> Answer:
    ids = [sim if isinstance(sim, str) else encode(Kind.SIM, sim.id) for sim in cards]
    wanted: dict[str, Any] = {"sims": {"ids": ids}, "idempotencyKey": str(uuid.uuid4()), **given}
    if name == "simBlock":
        wanted.setdefault("reason", "LOST")
    at = wanted.pop("at", NOW)
    answer = await ask(database, actor, DOCUMENTS[name], {"input": wanted}, at=at)
    assert answer.errors == [] or answer.data is None, answer.errors
    return answer


async def rows(database: Database) -> dict[str, list[Any]]:
    """Everything that is stored."""
    async with database.read() as session:
        return {
            table.__tablename__: sorted(map(repr, (await session.execute(select(table_of(table)))).all())) for table in registry.TABLES
        }


async def counts_fit(database: Database) -> None:
    """Counters equal counts, and each card's open state is its status."""
    async with database.read() as session:
        counted = (await session.execute(select(Sim.account_id, Sim.status, func.count()).group_by(Sim.account_id, Sim.status))).all()
        kept = (await session.execute(select(SimCounter.account_id, SimCounter.status, SimCounter.count))).all()
        open_states = dict((await session.execute(select(SimState.sim_id, SimState.status).where(SimState.valid_to.is_(None)))).all())
        statuses = dict((await session.execute(select(Sim.id, Sim.status))).all())
    assert {(row[0], row[1]): row[2] for row in kept if row[2]} == {(row[0], row[1]): row[2] for row in counted}
    assert open_states == statuses


def active(tenant: Tenant) -> list[Sim]:
    return [sim for sim in tenant.sims if sim.status == SimStatus.ACTIVE]


async def test_a_plan_changes_nothing_and_apply_does_exactly_that(database: Database, two_tenants: TwoTenants) -> None:
    actor, cards = two_tenants.one.as_profile_manager(), active(two_tenants.one)[:3]
    before = await rows(database)

    planned = await change(database, actor, "simBlock", cards, mode="PLAN")

    assert planned["__typename"] == "SimBlockPayload"
    assert planned["sims"] == []
    assert planned["plan"]["changeCount"] == 9
    assert await rows(database) == before

    done = await change(database, actor, "simBlock", cards, planToken=planned["plan"]["token"])

    assert done["plan"]["changes"] == planned["plan"]["changes"]
    assert done["plan"]["token"] is None
    assert [(sim["status"], sim["statusReason"], sim["barring"]) for sim in done["sims"]] == [("BLOCKED", "LOST", "ALL")] * 3
    assert all(change["subject"] for change in done["plan"]["changes"])
    async with database.read() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
        sent = (await session.scalars(select(OutboxRow))).all()
    assert entry.action == "simBlock"
    assert [(item["label"], item["field"], item["after"]) for item in entry.changes] == [
        (item["label"], item["field"], item["after"]) for item in planned["plan"]["changes"]
    ]
    assert {row.subject for row in sent} == {f"sim:{card.id}" for card in cards}
    await counts_fit(database)


async def test_a_plan_that_no_longer_fits_is_stale(database: Database, two_tenants: TwoTenants) -> None:
    actor, cards = two_tenants.one.as_profile_manager(), active(two_tenants.one)[:2]
    planned = await change(database, actor, "simBlock", cards, mode="PLAN", errorPolicy="SKIP_FAILED")
    await change(database, actor, "simBlock", cards[:1])
    before = {name: found for name, found in (await rows(database)).items() if not name.startswith("audit")}

    stale = await change(database, actor, "simBlock", cards, planToken=planned["plan"]["token"], errorPolicy="SKIP_FAILED")

    assert stale["__typename"] == "PlanStale"
    assert {item["label"] for item in stale["plan"]["changes"]} == {cards[1].msisdn}
    assert {name: found for name, found in (await rows(database)).items() if not name.startswith("audit")} == before


async def test_rows_that_cannot_be_done_are_rejected_or_skipped(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    actor, ready, card = tenant.as_profile_manager(), tenant.sims[6], tenant.sims[0]
    foreign = two_tenants.other.sims[0]
    before = await rows(database)

    rejected = await change(database, actor, "simBlock", [card, ready, foreign])

    assert rejected["__typename"] == "RowsRejected"
    assert [(row["label"], row["reason"]["code"]) for row in rejected["exclusions"]] == [
        (ready.msisdn, "STATE_CONFLICT"),
        (encode(Kind.SIM, foreign.id), "NOT_FOUND"),
    ]
    assert rejected["exclusions"][1]["subject"] is None
    left = await rows(database)
    assert {name for name in before if before[name] != left[name]} == {"audit_entries", "audit_heads", "audit_subjects"}

    skipped = await change(database, actor, "simBlock", [card, ready, foreign], errorPolicy="SKIP_FAILED")

    assert [sim["id"] for sim in skipped["sims"]] == [encode(Kind.SIM, card.id)]
    assert skipped["plan"]["exclusionCount"] == 2
    await counts_fit(database)


async def test_an_account_manager_cannot_touch_cards_outside_the_subtree(database: Database, two_tenants: TwoTenants) -> None:
    tenant = two_tenants.one
    outside = [sim for sim in tenant.sims if sim.account_id == tenant.accounts["office"].id and sim.status == SimStatus.ACTIVE]
    before = await rows(database)

    refused = await change(database, tenant.as_account_manager(), "simBlock", outside, errorPolicy="SKIP_FAILED")

    assert {row["reason"]["code"] for row in refused["exclusions"]} == {"NOT_FOUND"}
    left = await rows(database)
    assert {name for name in before if before[name] != left[name]} == {"audit_entries", "audit_heads"}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_whoever_lacks_the_right_is_refused_and_nothing_changes(database: Database, two_tenants: TwoTenants, name: str) -> None:
    before = await rows(database)

    for actor, code in ((None, "UNAUTHENTICATED"), (two_tenants.one.as_support(), "FORBIDDEN")):
        assert (await answered(database, actor, name, [two_tenants.one.sims[0]])).codes == [code]

    assert await rows(database) == before


async def test_bars_of_the_operator_and_of_the_system_stay(database: Database, two_tenants: TwoTenants) -> None:
    actor, (first, second) = two_tenants.one.as_profile_manager(), active(two_tenants.one)[:2]
    async with database.write() as session:
        for card, status, by in ((first, SimStatus.BLOCKED, BarredBy.OPERATOR), (second, SimStatus.CAP_EXCEEDED, BarredBy.SYSTEM)):
            stored = await session.get_one(Sim, card.id)
            stored.status, stored.barring, stored.barred_by = status, Barring.ALL, by
    before = await rows(database)

    for name in ("simBlock", "simUnblock"):
        refused = await change(database, actor, name, [first, second], mode="PLAN")
        assert [row["reason"]["code"] for row in refused["plan"]["exclusions"]] == ["NOT_ELIGIBLE"] * 2
        assert len({row["reason"]["message"] for row in refused["plan"]["exclusions"]}) == 2

    assert await rows(database) == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "UNPAID"}, ["reason"]),
        ({"reason": "POLICY"}, ["reason"]),
        ({"barring": "NONE"}, ["barring"]),
        ({"until": NOW.isoformat()}, ["until"]),
        ({"note": "x" * 501}, ["note"]),
        ({"sims": {"ids": []}}, ["sims", "ids"]),
        ({"sims": {"ids": [encode(Kind.SIM, UUID(int=number)) for number in range(251)]}}, ["sims", "ids"]),
    ],
)
async def test_input_out_of_bounds(database: Database, two_tenants: TwoTenants, given: Mapping[str, Any], field: list[str]) -> None:
    before = await rows(database)

    refused = await change(database, two_tenants.one.as_profile_manager(), "simBlock", active(two_tenants.one)[:1], **given)

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)
    assert await rows(database) == before


async def test_until_suspends_and_unblocking_ends_it(database: Database, two_tenants: TwoTenants) -> None:
    actor, card = two_tenants.one.as_profile_manager(), active(two_tenants.one)[0]

    paused = await change(database, actor, "simBlock", [card], reason="REQUEST", until=(NOW + timedelta(days=2)).isoformat())

    assert paused["sims"][0]["status"] == "SUSPENDED"
    assert paused["sims"][0]["resumesAt"] == "2026-11-23T08:30:00Z"
    assert {"field": "resumesAt", "before": None, "after": "2026-11-23T08:30:00Z"}.items() <= paused["plan"]["changes"][3].items()

    freed = await change(database, actor, "simUnblock", [card], note="Back at work", at=NOW + timedelta(hours=1))

    assert freed["sims"][0] | {"viewerCan": None} == {
        "id": encode(Kind.SIM, card.id), "status": "ACTIVE", "statusReason": None, "barring": "NONE", "resumesAt": None, "viewerCan": None,
    }  # fmt: skip
    async with database.read() as session:
        history = (await session.execute(select(SimState).where(SimState.sim_id == card.id).order_by(SimState.valid_from))).scalars().all()
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    assert [state.status for state in history] == ["ACTIVE", "SUSPENDED", "ACTIVE"]
    assert [state.valid_to for state in history] == [NOW, NOW + timedelta(hours=1), None]
    assert entries[1].reason == "Back at work"


async def test_activating_begins_the_life_of_a_line(database: Database, two_tenants: TwoTenants) -> None:
    actor, card = two_tenants.one.as_profile_manager(), two_tenants.one.sims[6]

    done = await change(database, actor, "simActivate", [card])

    assert done["sims"][0]["status"] == "ACTIVE"
    assert "SIM_ACTIVATE" not in done["sims"][0]["viewerCan"]
    assert "SIM_BLOCK" in done["sims"][0]["viewerCan"]
    async with database.read() as session:
        stored = await session.get_one(Sim, card.id)
    assert (stored.activated_at, stored.status_since) == (NOW, NOW)
    await counts_fit(database)


async def test_a_changed_bar_keeps_when_the_state_began(database: Database, two_tenants: TwoTenants) -> None:
    actor, card = two_tenants.one.as_profile_manager(), active(two_tenants.one)[0]
    await change(database, actor, "simBlock", [card])

    await change(database, actor, "simBlock", [card], barring="OUTGOING", at=NOW + timedelta(hours=1))

    async with database.read() as session:
        stored = await session.get_one(Sim, card.id)
        states = (await session.scalars(select(SimState).where(SimState.sim_id == card.id))).all()
    assert (stored.barring, stored.status_since) == ("OUTGOING", NOW)
    assert len(states) == 2


async def test_the_same_key_fifty_times_at_once_acts_once(database: Database, two_tenants: TwoTenants) -> None:
    actor, cards, key = two_tenants.one.as_profile_manager(), active(two_tenants.one)[:4], str(uuid.uuid4())

    outcomes = await asyncio.gather(*(change(database, actor, "simBlock", cards, idempotencyKey=key) for _ in range(50)))

    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert len(outcomes[0]["sims"]) == 4
    async with database.read() as session:
        assert (await session.execute(select(func.count()).select_from(AuditEntry))).scalar_one() == 1
        assert (await session.execute(select(func.count()).select_from(IdempotencyKey))).scalar_one() == 1
        assert (await session.execute(select(func.count()).select_from(OutboxRow))).scalar_one() == 4
    await counts_fit(database)

    conflict = await change(database, actor, "simBlock", cards[:1], idempotencyKey=key)

    assert conflict["code"] == "IDEMPOTENCY_CONFLICT"


async def test_several_cards_cost_no_more_statements_than_one(database: Database, two_tenants: TwoTenants) -> None:
    actor, cards = two_tenants.one.as_profile_manager(), active(two_tenants.one)
    counted = []
    for chosen in (cards[:1], cards[1:]):
        with counted_statements(database) as statements:
            await change(database, actor, "simBlock", chosen, until=(NOW + timedelta(days=1)).isoformat())
        counted.append(len(statements))

    assert counted[0] == counted[1]


async def test_counters_fit_after_any_sequence_of_parallel_changes(database: Database, two_tenants: TwoTenants) -> None:
    dice = random.Random(7)
    actors = [two_tenants.one.as_profile_manager(), two_tenants.one.as_account_manager()]

    async def step() -> None:
        name = dice.choice(["simActivate", "simBlock", "simBlock", "simUnblock"])
        given = {"until": (NOW + timedelta(days=dice.randint(1, 9))).isoformat()} if name == "simBlock" and dice.random() < 0.5 else {}
        chosen = dice.sample(two_tenants.one.sims, dice.randint(1, 12))
        await change(database, dice.choice(actors), name, chosen, errorPolicy="SKIP_FAILED", **given)

    for _ in range(6):
        await asyncio.gather(*(step() for _ in range(8)))

    await counts_fit(database)
    async with database.read() as session:
        statuses = Counter((await session.scalars(select(Sim.status).where(Sim.organization_id == two_tenants.other.id))).all())
    assert statuses == Counter(sim.status for sim in two_tenants.other.sims)


async def test_a_network_that_refuses_is_heard_by_the_worker(world: World, two_tenants: TwoTenants) -> None:
    refused, taken = active(two_tenants.one)[:2]
    async with world.database.write() as session:
        (await session.get_one(Sim, refused.id)).iccid = luhn("899835000000000013")
    actor = two_tenants.one.as_profile_manager()
    await change(world.database, actor, "simBlock", [refused, taken])

    await outbox.run_once(world.database, handlers(world), world.clock, worker="test")

    async with world.database.read() as session:
        assert (await session.get_one(Sim, refused.id)).status == SimStatus.ACTIVE
        assert (await session.get_one(Sim, taken.id)).status == SimStatus.BLOCKED
    await counts_fit(world.database)
