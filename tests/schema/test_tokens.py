"""API tokens as a profile manager makes them and a partner uses them."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlmodel import select

from auth.actor import Actor
from auth.tables import ApiToken
from domain.kernel.permissions import Permission
from tests.desk import Desk
from tests.world import Answer, ask

CREATE = """mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) {
  ... on ApiTokenCreatePayload { plan { token changes { label field after } } secret
    apiToken { id name prefix permissions account { id name } networks expiresAt createdBy { label } revokedAt } }
  ... on StepUpRequired { maxAgeSeconds methods } ... on UserError { code field } } }"""
REVOKE = """mutation($input: ApiTokenRevokeInput!) { apiTokenRevoke(input: $input) {
  ... on ApiTokenRevokePayload { apiToken { revokedAt } } ... on UserError { code } } }"""
LIST = (
    """query($id: ID!) { organization(id: $id) { name apiTokens(first: 10) { totalCount edges { node { name prefix lastUsedAt } } } } }"""
)
WHO = "{ viewer { actor { label apiToken { name } person { name } } permissions session { id } sessions { id } memberships { role account { name } } } }"


async def run(desk: Desk, document: str, variables: dict[str, Any], actor: Actor | None) -> Answer:
    return await ask(desk.auth.database, actor, document, variables, at=desk.at, parts=SimpleNamespace(auth=desk.auth))


def wanted(desk: Desk, **change: Any) -> dict[str, Any]:
    return {
        "input": {
            "name": "Warehouse", "accountId": desk.tenant.account("sales"), "permissions": ["ACCOUNT_READ", "SIM_READ"],
            "expiresAt": (desk.at + timedelta(days=90)).isoformat(), "networks": ["192.0.2.0/24"], **change,
        }
    }  # fmt: skip


async def test_a_token_is_planned_made_used_listed_and_revoked(desk: Desk) -> None:
    manager = await desk.actor(desk.manager)
    planned = (await run(desk, CREATE, wanted(desk, mode="PLAN"), manager)).data["apiTokenCreate"]
    assert (planned["secret"], planned["apiToken"]) == (None, None)

    made = (await run(desk, CREATE, wanted(desk, planToken=planned["plan"]["token"]), manager)).data["apiTokenCreate"]
    assert made["apiToken"]["account"] == {"id": desk.tenant.account("sales"), "name": "Sales"}
    assert made["apiToken"]["createdBy"] == {"label": "Sara Karimi"}
    assert made["secret"].startswith(made["apiToken"]["prefix"])

    partner = await desk.who(made["secret"])
    who = (await run(desk, WHO, {}, partner)).data["viewer"]
    assert who["actor"] == {"label": "Warehouse (Sara Karimi)", "apiToken": {"name": "Warehouse"}, "person": {"name": "Sara Karimi"}}
    assert (who["permissions"], who["session"], who["sessions"]) == (["ACCOUNT_READ", "SIM_READ"], None, [])
    assert who["memberships"] == [{"role": "PROFILE_MANAGER", "account": None}]

    listed = (await run(desk, LIST, {"id": desk.tenant.gid}, manager)).data["organization"]["apiTokens"]
    assert listed["totalCount"] == 1
    assert made["secret"] not in str(listed)
    assert listed["edges"][0]["node"]["lastUsedAt"] is not None

    revoked = await run(desk, REVOKE, {"input": {"apiTokenId": made["apiToken"]["id"]}}, manager)
    assert revoked.data["apiTokenRevoke"]["apiToken"]["revokedAt"] is not None
    assert await desk.who(made["secret"]) is None


async def test_an_old_proof_is_asked_for_again(desk: Desk) -> None:
    manager = await desk.actor(desk.manager)
    desk.wait(minutes=5)

    refused = (await run(desk, CREATE, wanted(desk), manager)).data["apiTokenCreate"]
    assert (refused["code"], refused["maxAgeSeconds"], refused["methods"]) == ("STEP_UP_REQUIRED", 300, ["OTP_SMS", "OTP_EMAIL"])
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(ApiToken))).all() == []


async def test_whoever_may_not_manage_tokens_sees_none(desk: Desk) -> None:
    answer = await run(desk, LIST, {"id": desk.tenant.gid}, await desk.actor(desk.tenant.account_manager))

    assert answer.data["organization"] == {"name": "Arya Trading", "apiTokens": None}
    assert answer.codes == ["FORBIDDEN"]


async def test_a_token_makes_no_tokens_and_changes_no_settings(desk: Desk) -> None:
    made = (await run(desk, CREATE, wanted(desk, networks=[]), await desk.actor(desk.manager))).data["apiTokenCreate"]
    partner = await desk.who(made["secret"])
    assert partner
    assert Permission.TOKEN_MANAGE not in partner.permissions

    for document, given in (
        (CREATE, wanted(desk)["input"]),
        ("mutation($input: ViewerUpdateInput!) { viewerUpdate(input: $input) { __typename } }", {"locale": "EN"}),
        ("mutation($input: TotpEnrollInput!) { totpEnroll(input: $input) { __typename } }", {}),
        ("mutation($input: SessionRevokeInput!) { sessionRevoke(input: $input) { __typename } }", {}),
    ):
        assert (await run(desk, document, {"input": given}, partner)).codes == ["FORBIDDEN"]


async def test_a_tokens_day_is_bounded_and_shown(desk: Desk) -> None:
    manager = await desk.actor(desk.manager)
    document = CREATE.replace("revokedAt }", "revokedAt dailyBudget { amount } spentToday { amount } }", 1)

    below = (await run(desk, document, wanted(desk, dailyBudget={"amount": "-1"}), manager)).data["apiTokenCreate"]
    bounded = (await run(desk, document, wanted(desk, dailyBudget={"amount": "5000000"}), manager)).data["apiTokenCreate"]
    free = (await run(desk, document, wanted(desk), manager)).data["apiTokenCreate"]

    assert (below["code"], below["field"]) == ("INVALID_INPUT", ["dailyBudget", "amount"])
    assert ("dailyBudget", "5000000") in {(change["field"], change["after"]) for change in bounded["plan"]["changes"]}
    assert [token["apiToken"]["dailyBudget"] for token in (bounded, free)] == [{"amount": "5000000"}, None]
    assert {token["apiToken"]["spentToday"]["amount"] for token in (bounded, free)} == {"0"}


async def test_a_token_never_holds_what_a_person_has_to_answer(desk: Desk) -> None:
    manager = await desk.actor(desk.manager)
    for right in ("APPROVAL_DECIDE", "BUDGET_MANAGE"):
        refused = (await run(desk, CREATE, wanted(desk, permissions=[right]), manager)).data["apiTokenCreate"]
        assert refused["code"] == "NOT_ELIGIBLE"
