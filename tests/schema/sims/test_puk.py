"""The PUK vault (D6): who sees codes, how often, what each attempt leaves behind, and that codes show up nowhere else."""

import asyncio
import dataclasses
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import func, select
from structlog.testing import capture_logs

from auth.actor import Actor, token_grants
from domain import registry
from domain.audit.chain import first_broken
from domain.audit.tables import AuditEntry
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Permission
from domain.kernel.proof import ProofMethod
from domain.kernel.scope import Reach
from domain.kernel.sealing import Sealer
from domain.sims.puk import Codes, sealed_secret
from domain.sims.states import SimStatus
from domain.sims.tables import PukAttempt, Sim, SimSecret
from store.models import table_of
from store.session import Database
from tests.world import NOW, Answer, TwoTenants, ask

CODES = Codes("01234567", "98765432")
SEALER = Sealer("a master key of this test alone")
REVEAL = """mutation($input: SimPukRevealInput!) { simPukReveal(input: $input) { __typename
  ... on SimPukRevealPayload { puk { puk1 puk2 triesAllowed hideAt revealsLeft } }
  ... on StepUpRequired { maxAgeSeconds methods }
  ... on LimitReached { maximum { amount } retryAt }
  ... on UserError { code message field } } }"""
LEFT = "query($id: ID!) { sim(by: { id: $id }) { pukRevealsLeft viewerCan } }"


@pytest.fixture
async def card(database: Database, two_tenants: TwoTenants) -> Sim:
    """A card with known codes; so have all others of both companies."""
    async with database.write() as session:
        for sim in (*two_tenants.one.sims, *two_tenants.other.sims):
            session.add(SimSecret(**sealed_secret(SEALER, sim.organization_id, sim.id, CODES)))
    return two_tenants.one.sims[0]


async def answered(
    database: Database, actor: Actor | None, card: Sim, *, reason: str = "Locked in the field", at: datetime = NOW, sealer: Sealer = SEALER
) -> Answer:
    wanted = {"simId": encode(Kind.SIM, card.id), "reason": reason}
    return await ask(database, actor, REVEAL, {"input": wanted}, at=at, parts=SimpleNamespace(sealer=sealer))


async def reveal(database: Database, actor: Actor, card: Sim, **given: Any) -> Mapping[str, Any]:
    answer = await answered(database, actor, card, **given)
    assert answer.errors == []
    return answer.data["simPukReveal"]


def proven(actor: Actor, at: datetime) -> Actor:
    return dataclasses.replace(actor, proven_at=at, methods=(ProofMethod.OTP_SMS, ProofMethod.OTP_EMAIL))


async def trail(database: Database) -> list[AuditEntry]:
    async with database.read() as session:
        return list((await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all())


async def attempts(database: Database) -> list[bool]:
    async with database.read() as session:
        return list((await session.scalars(select(PukAttempt.is_shown).order_by(PukAttempt.id))).all())


async def test_codes_are_shown_for_a_minute(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    shown = await reveal(database, two_tenants.one.as_profile_manager(), card)

    assert shown == {
        "__typename": "SimPukRevealPayload",
        "puk": {
            "puk1": "01234567", "puk2": "98765432", "triesAllowed": 10, "hideAt": "2026-11-21T08:31:00Z", "revealsLeft": 2,
        },
    }  # fmt: skip
    (entry,) = await trail(database)
    assert (entry.action, entry.reason, entry.failure, entry.changes) == ("simPukReveal", "Locked in the field", None, [])
    assert await attempts(database) == [True]


async def test_an_old_proof_has_to_be_renewed(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    actor = proven(two_tenants.one.as_profile_manager(), NOW - timedelta(minutes=5))

    refused = await reveal(database, actor, card)

    assert refused["__typename"] == "StepUpRequired"
    assert (refused["code"], refused["maxAgeSeconds"], refused["methods"]) == ("STEP_UP_REQUIRED", 300, ["OTP_SMS", "OTP_EMAIL"])
    (entry,) = await trail(database)
    assert entry.failure is not None
    assert entry.failure["code"] == "STEP_UP_REQUIRED"
    assert await attempts(database) == [False]
    assert (await reveal(database, proven(actor, NOW - timedelta(minutes=4, seconds=59)), card))["__typename"] == "SimPukRevealPayload"


async def test_three_a_day_in_tehran(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    before_midnight = datetime.fromisoformat("2026-11-21T23:50:00+03:30")
    actor = two_tenants.one.as_profile_manager()
    for left in (2, 1, 0):
        assert (await reveal(database, proven(actor, before_midnight), card, at=before_midnight))["puk"]["revealsLeft"] == left

    refused = await reveal(database, proven(actor, before_midnight), card, at=before_midnight)

    assert refused["__typename"] == "LimitReached"
    assert (refused["maximum"], refused["retryAt"]) == ({"amount": "3"}, "2026-11-21T20:30:00Z")
    left = await ask(database, actor, LEFT, {"id": encode(Kind.SIM, card.id)}, at=before_midnight)
    assert left.data["sim"]["pukRevealsLeft"] == 0
    assert await attempts(database) == [True, True, True, False]
    after_midnight = before_midnight + timedelta(minutes=10)
    assert (await reveal(database, proven(actor, after_midnight), card, at=after_midnight))["puk"]["revealsLeft"] == 2
    colleague = two_tenants.one.as_account_manager()
    assert (await reveal(database, proven(colleague, before_midnight), card, at=before_midnight))["puk"]["revealsLeft"] == 2


async def test_twenty_at_once_show_three(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    actor = two_tenants.one.as_profile_manager()

    outcomes = await asyncio.gather(*(reveal(database, actor, sim) for sim in (two_tenants.one.sims * 2)[:20]))

    kinds = [outcome["__typename"] for outcome in outcomes]
    assert (kinds.count("SimPukRevealPayload"), kinds.count("LimitReached")) == (3, 17)
    assert sorted(outcome["puk"]["revealsLeft"] for outcome in outcomes if "puk" in outcome) == [0, 1, 2]
    assert sorted(await attempts(database)) == [False] * 17 + [True] * 3
    assert len(await trail(database)) == 20
    async with database.read() as session:
        assert await first_broken(session, two_tenants.one.id) is None


async def test_somebody_elses_card_is_not_found_and_the_attempt_stays_at_home(
    database: Database, two_tenants: TwoTenants, card: Sim
) -> None:
    office = two_tenants.one.sims[8]
    for actor, target in (
        (two_tenants.one.as_profile_manager(), two_tenants.other.sims[0]),
        (two_tenants.one.as_account_manager(), office),
    ):
        refused = await reveal(database, actor, target)
        assert (refused["__typename"], refused["code"], refused["field"]) == ("Problem", "NOT_FOUND", ["simId"])

    entries = await trail(database)
    assert [entry.organization_id for entry in entries] == [two_tenants.one.id] * 2
    assert all(entry.failure and entry.failure["code"] == "NOT_FOUND" for entry in entries)
    assert await attempts(database) == []


@pytest.mark.parametrize("reason", ["", "  ab  ", "x" * 201])
async def test_a_reason_is_needed(database: Database, two_tenants: TwoTenants, card: Sim, reason: str) -> None:
    refused = await reveal(database, two_tenants.one.as_profile_manager(), card, reason=reason)

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", ["reason"])
    assert await attempts(database) == []


async def test_cards_without_usable_codes(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    actor, (gone, bare) = two_tenants.one.as_profile_manager(), two_tenants.one.sims[3:5]
    async with database.write() as session:
        (await session.get_one(Sim, gone.id)).status = SimStatus.TERMINATED
        await session.delete(await session.get_one(SimSecret, bare.id))

    refusals = [
        await reveal(database, actor, gone),
        await reveal(database, actor, bare),
        await reveal(database, actor, card, sealer=Sealer("quite another master key")),
    ]

    assert [refusal["code"] for refusal in refusals] == ["STATE_CONFLICT"] * 3
    assert await attempts(database) == [False] * 3
    assert (await reveal(database, actor, card))["puk"]["revealsLeft"] == 2


async def test_tokens_and_support_and_the_operator_never_see_codes(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    maker = two_tenants.one.as_profile_manager()
    grants = token_grants(maker.grants, frozenset(Permission), [Reach(two_tenants.one.id)])
    token = Actor(dataclasses.replace(maker.ref, id=uuid7(), api_token_id=uuid7()), grants, proven_at=NOW)
    forged = dataclasses.replace(token, grants=maker.grants)

    for actor, code in ((None, "UNAUTHENTICATED"), (token, "FORBIDDEN"), (forged, "FORBIDDEN"), (two_tenants.one.as_support(), "FORBIDDEN")):
        answer = await answered(database, actor, card)
        assert answer.codes == [code]
        assert answer.data is None
    shown = await ask(database, token, LEFT, {"id": encode(Kind.SIM, card.id)})
    assert shown.codes == ["FORBIDDEN"]
    assert shown.data["sim"]["pukRevealsLeft"] is None
    assert "PUK_REVEAL" not in shown.data["sim"]["viewerCan"]
    assert await attempts(database) == []


async def test_a_changed_master_key_still_opens_what_was_sealed_before(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    rotated = Sealer("the master key of next year", "a master key of this test alone")

    assert (await reveal(database, two_tenants.one.as_profile_manager(), card, sealer=rotated))["puk"]["puk1"] == "01234567"


async def test_a_secret_moved_to_another_card_does_not_open(database: Database, two_tenants: TwoTenants, card: Sim) -> None:
    async with database.write() as session:
        stolen = (await session.get_one(SimSecret, two_tenants.other.sims[0].id)).sealed
        (await session.get_one(SimSecret, card.id)).sealed = stolen

    assert (await reveal(database, two_tenants.one.as_profile_manager(), card))["code"] == "STATE_CONFLICT"


@pytest.mark.parametrize("bad", ["1234567", "123456789", "1234567a", "۱۲۳۴۵۶۷۸"])
def test_codes_have_eight_digits(bad: str) -> None:
    for codes in (Codes(bad, "00000000"), Codes("00000000", bad)):
        with pytest.raises(InvalidInput) as refused:
            sealed_secret(SEALER, uuid7(), uuid7(), codes)
        assert bad not in str(refused.value)


async def test_codes_show_up_nowhere_else(
    database: Database, documents: Any, two_tenants: TwoTenants, card: Sim, caplog: pytest.LogCaptureFixture
) -> None:
    actor = two_tenants.one.as_profile_manager()
    said = []

    with caplog.at_level(logging.DEBUG), capture_logs() as logged:
        shown = await reveal(database, actor, card)
        for given in ({"reason": ""}, {"sealer": Sealer("another")}, {"sealer": None}):
            answer = await answered(database, actor, card, **given)  # type: ignore[arg-type]
            said.append(repr(answer))
        for _ in range(3):
            await reveal(database, actor, card)
        said.append(repr(await answered(database, actor, card)))
        structlog.get_logger("test").info("done", codes=CODES)
    async with database.read() as session:
        secrets = [bytes(sealed) for sealed in (await session.scalars(select(SimSecret.sealed))).all()]
        for table in registry.TABLES:
            if table is not SimSecret:
                said += [repr(tuple(row)) for row in (await session.execute(select(table_of(table)))).all()]
        assert (await session.execute(select(func.count()).select_from(PukAttempt))).scalar_one() == 6
    for name in await documents.list_collection_names():
        said += [repr(document) async for document in documents[name].find()]

    assert shown["puk"]["puk1"] == CODES.puk1
    said += [repr(logged), caplog.text, repr(CODES)]
    for code in (CODES.puk1, CODES.puk2):
        assert not any(code in text for text in said)
        assert not any(code.encode() in sealed for sealed in secrets)
    assert len(set(secrets)) == len(secrets)
