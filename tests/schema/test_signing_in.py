"""Signing in as the app does it: its own documents against the schema."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from sqlmodel import select

from auth.actor import Actor
from auth.tables import SignInSession
from domain.kernel.ids import Kind, decode_as, encode
from domain.kernel.locale import Locale
from domain.kernel.permissions import Role
from domain.people.tables import Person
from tests.desk import STRANGER, Desk
from tests.world import Answer, ask, counted_statements

SIGN_IN = Path("mobile/documents/01_sign_in.graphql").read_text(encoding="utf-8")
REVOKE = "mutation($input: SessionRevokeInput!) { sessionRevoke(input: $input) { ... on SessionRevokePayload { sessions { id isCurrent } } ... on UserError { code } } }"
SET = "mutation($input: PasswordSetInput!) { passwordSet(input: $input) { __typename ... on PasswordSetPayload { session { id isCurrent } } ... on InvalidSecret { triesLeft } ... on UserError { code message field } } }"
GOOD = "teapot granite 41 willow"
STEP_UP = "mutation($input: SessionStepUpInput!) { sessionStepUp(input: $input) { ... on SessionStepUpPayload { session { id provenAt } } ... on InvalidSecret { triesLeft } ... on UserError { code } } }"
VIEWER = """{ viewer {
  actor { label person { name mobile } apiToken { name } } permissions hasTotp locale
  memberships { role person { name } organization { name } account { name } validFor { startsAt endsAt } }
  session { id isCurrent } sessions { id isCurrent userAgent address person { name } }
  organizations(first: 10) { totalCount edges { node { name legalId } } }
} }"""


async def run(
    desk: Desk, document: str, variables: dict[str, Any] | None = None, *, actor: Actor | None = None, operation: str | None = None,
    locale: Locale = Locale.EN,
) -> Answer:  # fmt: skip
    """Asks the schema at the desk's time."""
    parts = SimpleNamespace(auth=desk.auth, sealer=desk.auth.sealer)
    return await ask(desk.auth.database, actor, document, variables, at=desk.at, parts=parts, operation=operation, locale=locale)


async def asked(desk: Desk, identity: str, channel: str = "SMS") -> dict[str, Any]:
    """The challenge that the app got."""
    given = {"input": {"identity": identity, "channel": channel}}
    answer = await run(desk, SIGN_IN, given, operation="OtpRequest")
    assert answer.errors == []
    challenge: dict[str, Any] = answer.data["otpRequest"]["challenge"]
    return challenge


async def letter_code(desk: Desk, challenge: dict[str, Any]) -> str:
    """The code that the person read."""
    return await desk.code(decode_as(Kind.CHALLENGE, challenge["id"]))


async def create(desk: Desk, proof: dict[str, Any], locale: Locale = Locale.EN) -> dict[str, Any]:
    """What `sessionCreate` answered."""
    answer = await run(desk, SIGN_IN, {"input": {"proof": proof}}, operation="SessionCreate", locale=locale)
    assert answer.errors == []
    outcome: dict[str, Any] = answer.data["sessionCreate"]
    return outcome


async def test_a_manager_signs_in_with_the_apps_documents(desk: Desk) -> None:
    challenge = await asked(desk, "۰۹۳۵۰۰۰۰۰۰۰")
    assert challenge["methods"][0] == "OTP_SMS"
    outcome = await create(desk, {"otp": {"challengeId": challenge["id"], "code": await letter_code(desk, challenge)}})

    assert outcome["__typename"] == "SessionCreatePayload"
    assert outcome["viewer"]["memberships"] == [
        {
            "role": "PROFILE_MANAGER",
            "account": {"id": desk.tenant.account("root"), "name": "Root"},
            "organization": {"id": desk.tenant.gid, "name": "Arya Trading"},
        }
    ]
    assert "TOKEN_MANAGE" in outcome["viewer"]["permissions"]
    refreshed = await run(desk, SIGN_IN, {"input": {"refreshToken": outcome["tokens"]["refreshToken"]}}, operation="SessionRefresh")
    assert refreshed.data["sessionRefresh"]["tokens"]["refreshToken"] != outcome["tokens"]["refreshToken"]
    assert await desk.who(refreshed.data["sessionRefresh"]["tokens"]["accessToken"])


async def test_known_and_unknown_get_the_same_answer(desk: Desk) -> None:
    known, unknown = await asked(desk, desk.manager.mobile or ""), await asked(desk, STRANGER)

    assert known | {"id": ""} == unknown | {"id": ""}
    wrong = [await create(desk, {"otp": {"challengeId": challenge["id"], "code": "not it"}}, Locale.RU) for challenge in (known, unknown)]
    assert wrong[0] == wrong[1]
    assert (wrong[0]["__typename"], wrong[0]["triesLeft"], wrong[0]["code"]) == ("InvalidSecret", 4, "INVALID_SECRET")
    assert "Код" in wrong[0]["message"]


async def test_guesses_by_aliases_are_counted_one_by_one(desk: Desk) -> None:
    challenge = await asked(desk, desk.manager.mobile or "")
    code = await letter_code(desk, challenge)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    guess = "sessionCreate(input: {proof: {otp: {challengeId: %s, code: %s}}}) { ... on InvalidSecret { triesLeft } ... on SessionCreatePayload { tokens { accessToken } } }"
    fields = [f"a{i}: " + guess % (f'"{challenge["id"]}"', f'"{wrong}"') for i in range(6)]
    fields.append("right: " + guess % (f'"{challenge["id"]}"', f'"{code}"'))

    answer = await run(desk, "mutation { " + " ".join(fields) + " }")

    assert [answer.data[f"a{i}"]["triesLeft"] for i in range(6)] == [4, 3, 2, 1, 0, 0]
    assert answer.data["right"] == {"triesLeft": 0}


@pytest.mark.parametrize("identity", ["", "12", "nobody", "@", "a@b", "9" * 400])
async def test_what_is_no_identity_is_said_so_at_its_field(desk: Desk, identity: str) -> None:
    answer = await run(desk, SIGN_IN, {"input": {"identity": identity, "channel": "SMS"}}, operation="OtpRequest")

    outcome = answer.data["otpRequest"]
    assert (outcome["__typename"], outcome["code"], outcome["field"]) == ("Problem", "INVALID_INPUT", ["identity"])


async def test_a_used_up_limit_is_a_problem_in_words(desk: Desk) -> None:
    for _ in range(3):
        await asked(desk, STRANGER)
    answer = await run(desk, SIGN_IN, {"input": {"identity": STRANGER, "channel": "EMAIL"}}, operation="OtpRequest", locale=Locale.FA)

    assert answer.data["otpRequest"]["code"] == "LIMIT_REACHED"
    assert "رمز" in answer.data["otpRequest"]["message"]


async def test_a_challenge_id_of_another_kind_is_not_found(desk: Desk) -> None:
    outcome = await create(desk, {"otp": {"challengeId": desk.tenant.gid, "code": "000000"}})

    assert (outcome["__typename"], outcome["code"]) == ("Problem", "NOT_FOUND")
    assert outcome["field"] == ["proof", "otp", "challengeId"]


async def test_a_manager_sets_a_password_and_signs_in_by_it(desk: Desk) -> None:
    challenge = await asked(desk, desk.manager.mobile or "")
    proof = {"challengeId": challenge["id"], "code": await letter_code(desk, challenge)}
    actor = await desk.actor(desk.manager)

    weak = await run(desk, SET, {"input": {"proof": proof, "password": "iloveyou123"}}, actor=actor, locale=Locale.BG)
    done = await run(desk, SET, {"input": {"proof": proof, "password": GOOD}}, actor=actor)

    assert weak.data["passwordSet"] | {"message": ""} == {
        "__typename": "Problem", "code": "INVALID_INPUT", "message": "", "field": ["password"],
    }  # fmt: skip
    assert "изтекли" in weak.data["passwordSet"]["message"]
    assert done.data["passwordSet"]["session"] == {"id": encode(Kind.SESSION, actor.session()), "isCurrent": True}
    outcome = await create(desk, {"password": {"identity": "۰۹۳۵ ۰۰۰ ۰۰۰۰", "password": GOOD}})
    assert outcome["viewer"]["memberships"][0]["role"] == "PROFILE_MANAGER"


async def test_support_sees_in_the_trail_that_a_password_was_set_and_not_whose(desk: Desk) -> None:
    challenge = await asked(desk, desk.manager.mobile or "")
    proof = {"challengeId": challenge["id"], "code": await letter_code(desk, challenge)}
    await run(desk, SET, {"input": {"proof": proof, "password": GOOD}})
    trail = "query($id: ID!) { organization(id: $id) { auditTrail(first: 1) { edges { node { action by { label person { name } } changes { label field } } } } } }"
    seen = []
    for actor in (desk.tenant.as_profile_manager(), desk.tenant.as_support()):
        answer = await run(desk, trail, {"id": desk.tenant.gid}, actor=actor)
        seen.append(answer.data["organization"]["auditTrail"]["edges"][0]["node"])

    assert seen[0]["changes"] == [{"label": "Sara Karimi", "field": "passwordSetAt"}]
    assert [node["action"] for node in seen] == ["passwordSet", "passwordSet"]
    assert seen[1]["changes"][0]["label"] == "S••• K•••"
    assert "Sara" not in repr(seen[1]) and "Karimi" not in repr(seen[1])


async def test_a_stranger_who_sets_a_password_gets_no_session(desk: Desk) -> None:
    challenge = await asked(desk, desk.manager.mobile or "")
    proof = {"challengeId": challenge["id"], "code": await letter_code(desk, challenge)}

    assert (await run(desk, SET, {"input": {"proof": proof, "password": GOOD}})).data["passwordSet"] == {
        "__typename": "PasswordSetPayload", "session": None,
    }  # fmt: skip


async def test_wrong_passwords_tell_nothing_of_whom_they_were_for(desk: Desk) -> None:
    told = [await create(desk, {"password": {"identity": one, "password": GOOD}}, Locale.RU) for one in (desk.manager.email or "", STRANGER)]

    assert told[0] == told[1]
    assert (told[0]["__typename"], told[0]["triesLeft"], told[0]["code"]) == ("InvalidSecret", None, "INVALID_SECRET")
    assert "пароль" in told[0]["message"]


async def test_what_is_no_identity_beside_a_password_is_said_so_at_its_field(desk: Desk) -> None:
    outcome = await create(desk, {"password": {"identity": "nobody", "password": GOOD}})

    assert (outcome["code"], outcome["field"]) == ("INVALID_INPUT", ["proof", "password", "identity"])


async def test_staff_are_asked_for_their_authenticator(desk: Desk) -> None:
    person = await desk.hire(Role.SUPPORT)
    challenge = await asked(desk, person.mobile or "")
    first = await create(desk, {"otp": {"challengeId": challenge["id"], "code": await letter_code(desk, challenge)}})

    assert (first["__typename"], first["challenge"]["methods"]) == ("SecondFactorRequired", ["TOTP"])
    second = await create(desk, {"totp": {"challengeId": first["challenge"]["id"], "code": desk.totp()}})
    assert second["viewer"]["permissions"] == ["TICKET_READ", "TICKET_WRITE", "SUPPORT_VIEW"]


async def test_the_viewer_of_a_manager(desk: Desk) -> None:
    actor = await desk.actor(desk.manager)
    answer = await run(desk, VIEWER, actor=actor)

    assert answer.errors == []
    viewer = answer.data["viewer"]
    assert viewer["actor"] == {"label": "Sara Karimi", "person": {"name": "Sara Karimi", "mobile": desk.manager.mobile}, "apiToken": None}
    assert viewer["session"] == {"id": encode(Kind.SESSION, actor.session()), "isCurrent": True}
    assert [(each["isCurrent"], each["userAgent"], each["person"]["name"]) for each in viewer["sessions"]] == [
        (True, "tests", "Sara Karimi")
    ]
    assert viewer["organizations"]["totalCount"] == 1
    assert viewer["memberships"][0]["validFor"]["endsAt"] is None
    assert set(viewer["permissions"]) == {permission.name for permission in actor.permissions}


async def test_a_stranger_has_no_viewer_and_changes_nothing(desk: Desk) -> None:
    assert (await run(desk, VIEWER)).data == {"viewer": None}
    for document, given in (
        (REVOKE, {}),
        (STEP_UP, {"proof": {"otp": {"challengeId": encode(Kind.CHALLENGE, desk.manager.id), "code": "1"}}}),
        ("mutation($input: TotpEnrollInput!) { totpEnroll(input: $input) { __typename } }", {}),
        ("mutation($input: TotpConfirmInput!) { totpConfirm(input: $input) { __typename } }", {"code": "1"}),
        ("mutation($input: ViewerUpdateInput!) { viewerUpdate(input: $input) { __typename } }", {"locale": "EN"}),
    ):
        assert (await run(desk, document, {"input": given})).codes == ["UNAUTHENTICATED"]


async def test_support_finds_every_company_by_name_and_no_person_in_it(desk: Desk) -> None:
    actor = await desk.actor(await desk.hire(Role.SUPPORT))
    answer = await run(desk, VIEWER, actor=actor)

    assert answer.errors == []
    assert answer.data["viewer"]["organizations"]["totalCount"] == 2
    inside = await run(
        desk,
        "query($id: ID!) { viewer { organizations(first: 1) { edges { node { name memberships(first: 5) { totalCount } } } } } node(id: $id) { id } }",
        {"id": encode(Kind.PERSON, desk.manager.id)},
        actor=actor,
    )
    assert inside.codes == ["FORBIDDEN"]


async def test_persons_are_found_within_scope_alone(desk: Desk) -> None:
    staff = await desk.hire(Role.OPERATOR_ADMIN)
    manager, seller = await desk.actor(desk.manager), await desk.actor(desk.tenant.account_manager)
    document = "query($id: ID!) { node(id: $id) { ... on Person { name mobile email } } }"

    async def seen(actor: Actor, person: Person) -> Any:
        return (await run(desk, document, {"id": encode(Kind.PERSON, person.id)}, actor=actor)).data["node"]

    assert (await seen(manager, desk.tenant.account_manager))["mobile"] == desk.tenant.account_manager.mobile
    assert await seen(manager, desk.tenants.other.profile_manager) is None
    assert await seen(seller, desk.manager) is None
    assert (await seen(seller, desk.tenant.account_manager))["name"] == "Omid Rad"
    assert await seen(manager, staff) == {"name": staff.name, "mobile": None, "email": None}
    assert (await seen(await desk.actor(staff), desk.manager))["email"] == desk.manager.email


async def test_choosing_a_language(desk: Desk) -> None:
    actor = await desk.actor(desk.manager)
    document = "mutation($input: ViewerUpdateInput!) { viewerUpdate(input: $input) { ... on ViewerUpdatePayload { viewer { locale } } } }"
    answer = await run(desk, document, {"input": {"locale": "BG"}}, actor=actor)

    assert answer.data["viewerUpdate"]["viewer"]["locale"] == "BG"
    async with desk.auth.database.read() as session:
        assert (await session.scalars(select(Person.locale).where(Person.id == desk.manager.id))).one() == "BG"
    assert (await desk.actor(desk.manager)).locale is Locale.BG


async def test_setting_up_an_authenticator(desk: Desk) -> None:
    actor = await desk.actor(desk.manager)
    enroll = "mutation($input: TotpEnrollInput!) { totpEnroll(input: $input) { ... on TotpEnrollPayload { provisioningUri } ... on StepUpRequired { maxAgeSeconds methods } } }"
    confirm = "mutation($input: TotpConfirmInput!) { totpConfirm(input: $input) { ... on TotpConfirmPayload { recoveryCodes } ... on UserError { code } } }"
    uri = (await run(desk, enroll, {"input": {}}, actor=actor)).data["totpEnroll"]["provisioningUri"]
    secret = pyotp.parse_uri(uri).secret

    wrong = await run(desk, confirm, {"input": {"code": "000000" if pyotp.TOTP(secret).at(desk.at) != "000000" else "1"}}, actor=actor)
    assert wrong.data["totpConfirm"]["code"] == "INVALID_SECRET"
    right = await run(desk, confirm, {"input": {"code": pyotp.TOTP(secret).at(desk.at)}}, actor=actor)
    assert len(right.data["totpConfirm"]["recoveryCodes"]) == 10
    desk.wait(minutes=6)
    late = await run(desk, enroll, {"input": {}}, actor=actor)
    assert late.data["totpEnroll"] == {"maxAgeSeconds": 300, "methods": ["OTP_SMS", "OTP_EMAIL"]}


async def test_stepping_up_and_signing_out(desk: Desk) -> None:
    tokens = await desk.begin(desk.manager)
    desk.wait(minutes=6)
    actor = await desk.who(tokens.access_token)
    challenge = await asked(desk, desk.manager.email or "", "EMAIL")
    proof = {"otp": {"challengeId": challenge["id"], "code": await letter_code(desk, challenge)}}

    stepped = await run(desk, STEP_UP, {"input": {"proof": proof}}, actor=actor)
    assert stepped.data["sessionStepUp"]["session"]["provenAt"] == desk.at.isoformat().replace("+00:00", "Z")
    ended = await run(desk, REVOKE, {"input": {}}, actor=actor)
    assert ended.data["sessionRevoke"]["sessions"] == [{"id": encode(Kind.SESSION, tokens.session_id), "isCurrent": True}]
    assert await desk.who(tokens.access_token) is None


async def test_somebody_elses_session_is_not_found(desk: Desk) -> None:
    theirs = await desk.begin(desk.tenant.account_manager)
    actor = await desk.actor(desk.manager)
    id = encode(Kind.SESSION, theirs.session_id)

    assert (await run(desk, REVOKE, {"input": {"sessionIds": [id]}}, actor=actor)).data["sessionRevoke"] == {"code": "NOT_FOUND"}
    assert (await run(desk, "query($id: ID!) { node(id: $id) { id } }", {"id": id}, actor=actor)).data == {"node": None}
    async with desk.auth.database.read() as session:
        assert (await session.get_one(SignInSession, theirs.session_id)).revoked_at is None


async def test_a_support_view_is_masked_shown_to_the_customer_and_changes_nothing(desk: Desk) -> None:
    support, ticket_id = await desk.actor(await desk.hire(Role.SUPPORT)), await desk.ticket()
    opened = await run(
        desk,
        "mutation($input: SupportSessionOpenInput!) { supportSessionOpen(input: $input) { ... on SupportSessionOpenPayload { "
        "tokens { accessToken refreshToken } session { id isCurrent person { name } } } ... on UserError { code field } } }",
        {"input": {"ticketId": encode(Kind.TICKET, ticket_id), "reason": "No data on twelve lines"}},
        actor=support,
    )
    payload = opened.data["supportSessionOpen"]
    assert payload["tokens"]["refreshToken"] is None
    view = await desk.who(payload["tokens"]["accessToken"])
    assert view

    people = "query($id: ID!) { organization(id: $id) { memberships(first: 10) { edges { node { person { name mobile email } } } } } }"
    masked = await run(desk, people, {"id": desk.tenant.gid}, actor=view)
    assert masked.errors == []
    shown_people = [edge["node"]["person"] for edge in masked.data["organization"]["memberships"]["edges"]]
    assert desk.manager.mobile not in str(masked.data)
    assert ("S••• K•••", "s•••@•••.com") in {(person["name"], person["email"]) for person in shown_people}
    other = await run(desk, people, {"id": desk.tenants.other.gid}, actor=view)
    assert other.codes == ["NOT_FOUND"]

    banner = "query($id: ID!) { organization(id: $id) { supportViews { id person { name mobile } } } }"
    shown = await run(desk, banner, {"id": desk.tenant.gid}, actor=await desk.actor(desk.manager))
    assert shown.data["organization"]["supportViews"] == [
        {"id": payload["session"]["id"], "person": {"name": "Support Person", "mobile": None}}
    ]
    update = "mutation($input: ViewerUpdateInput!) { viewerUpdate(input: $input) { __typename } }"
    assert (await run(desk, update, {"input": {"locale": "EN"}}, actor=view)).codes == ["FORBIDDEN"]


async def test_memberships_of_a_company_by_scope_and_time(desk: Desk) -> None:
    document = """query($id: ID!, $asOf: DateTime) { organization(id: $id) { memberships(first: 10, asOf: $asOf) {
      totalCount edges { node { role account { name } } } } } }"""

    async def roles(actor: Actor, as_of: str | None = None) -> list[str]:
        answer = await run(desk, document, {"id": desk.tenant.gid, "asOf": as_of}, actor=actor)
        assert answer.errors == []
        page = answer.data["organization"]["memberships"]
        assert page["totalCount"] == len(page["edges"])
        return sorted(edge["node"]["role"] for edge in page["edges"])

    manager, seller = await desk.actor(desk.manager), await desk.actor(desk.tenant.account_manager)
    assert await roles(manager) == ["ACCOUNT_MANAGER", "PROFILE_MANAGER"]
    assert await roles(seller) == ["ACCOUNT_MANAGER"]
    assert await roles(manager, "2020-01-01T00:00:00Z") == []


async def test_a_page_of_people_takes_a_constant_number_of_statements(desk: Desk) -> None:
    document = "query($id: ID!, $first: Int!) { organization(id: $id) { memberships(first: $first) { edges { node { person { name } account { name } organization { name } } } } } }"
    counts = []
    for first in (1, 2):
        actor = await desk.actor(desk.manager)
        with counted_statements(desk.auth.database) as statements:
            answer = await run(desk, document, {"id": desk.tenant.gid, "first": first}, actor=actor)
        assert len(answer.data["organization"]["memberships"]["edges"]) == first
        counts.append(len(statements))

    assert counts[0] == counts[1]
