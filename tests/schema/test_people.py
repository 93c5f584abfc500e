"""`membershipGrant` and `membershipRevoke` as the operator sends them."""

from typing import Any

from sqlmodel import select

from auth.actor import Actor
from domain.kernel.permissions import Role
from domain.people.tables import Membership
from tests.desk import Desk
from tests.world import Answer, ask

GRANT = """mutation($input: MembershipGrantInput!) { membershipGrant(input: $input) {
  ... on MembershipGrantPayload { plan { token changeCount } membership { id role account { name } person { mobile } validFor { endsAt } } }
  ... on UserError { code field message } } }"""
REVOKE = """mutation($input: MembershipRevokeInput!) { membershipRevoke(input: $input) {
  ... on MembershipRevokePayload { plan { token } membership { validFor { endsAt } } } ... on UserError { code field } } }"""


async def run(desk: Desk, document: str, given: dict[str, Any], actor: Actor) -> Answer:
    return await ask(desk.auth.database, actor, document, {"input": given}, at=desk.at)


def wanted(desk: Desk, **change: Any) -> dict[str, Any]:
    return {
        "person": {"name": "Neda Farahani", "mobile": "۰۹۱۲ ۱۱۱ ۲۲ ۳۳"}, "role": "PROFILE_MANAGER", "organizationId": desk.tenant.gid, **change,
    }  # fmt: skip


async def test_the_operator_plans_and_appoints_and_dismisses(desk: Desk) -> None:
    admin = await desk.actor(await desk.hire(Role.OPERATOR_ADMIN))
    planned = (await run(desk, GRANT, wanted(desk, mode="PLAN"), admin)).data["membershipGrant"]
    assert planned["membership"] is None
    assert planned["plan"]["changeCount"] > 0

    done = (await run(desk, GRANT, wanted(desk, planToken=planned["plan"]["token"]), admin)).data["membershipGrant"]
    assert done["membership"]["person"] == {"mobile": "+989121112233"}
    assert done["membership"]["account"] == {"name": "Root"}

    ended = await run(desk, REVOKE, {"membershipId": done["membership"]["id"]}, admin)
    assert ended.data["membershipRevoke"]["membership"]["validFor"]["endsAt"] == desk.at.isoformat().replace("+00:00", "Z")


async def test_no_manager_appoints_anybody(desk: Desk) -> None:
    for person in (desk.manager, desk.tenant.account_manager):
        answer = await run(desk, GRANT, wanted(desk), await desk.actor(person))
        assert answer.codes == ["FORBIDDEN"]
    async with desk.auth.database.read() as session:
        assert len((await session.scalars(select(Membership))).all()) == 4


async def test_refusals_come_in_words_at_their_field(desk: Desk) -> None:
    admin = await desk.actor(await desk.hire(Role.OPERATOR_ADMIN))
    refused = (await run(desk, GRANT, wanted(desk, role="ACCOUNT_MANAGER"), admin)).data["membershipGrant"]

    assert refused == {"code": "INVALID_INPUT", "field": ["accountId"], "message": "An account manager needs an account."}
