"""`organizationUpdate` and the papers of an organization, as managers, support and strangers to the company meet them."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from api.workshop import Workshop
from auth import retention
from auth.actor import Actor
from domain.accounts import organizations
from domain.files import rules
from domain.files.tables import File, Purpose
from domain.files.uploads import Offer, take
from domain.kernel.ids import Kind, encode, uuid7
from tests.world import NOW, Tenant, TwoTenants, ask, counted_statements

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SHOWN = "organization { locale contacts { name role email phone } documents { id fileName } }"
UPDATE = f"""mutation($input: OrganizationUpdateInput!) {{ organizationUpdate(input: $input) {{
  ... on OrganizationUpdatePayload {{ plan {{ token changes {{ label field before after }} }} {SHOWN} }}
  __typename ... on UserError {{ code field message }} }} }}"""
SEEN = "query($id: ID!) { organization(id: $id) { documents { id fileName url } } }"
FILE = "query($id: ID!) { node(id: $id) { ... on Document { fileName } } }"
TRAIL = "query($id: ID!) { organization(id: $id) { auditTrail(first: 9) { edges { node { action changes { label field before after } } } } } }"
SARA = {"name": "Sara Rahimi", "role": "Bills", "email": "sara@example.com", "phone": "+989121112233"}
OMID = {"name": "Omid Karimi", "role": "Technical", "email": None, "phone": "+989124445566"}


async def update(world: Workshop, actor: Actor, tenant: Tenant, **given: Any) -> Any:
    answer = await run(world, actor, UPDATE, input={"organizationId": tenant.gid, **given})
    assert answer.errors == []
    return answer.data["organizationUpdate"]


async def run(world: Workshop, actor: Actor, document: str, **variables: Any) -> Any:
    return await ask(world.database, actor, document, variables, at=world.clock.now(), parts=world)


async def upload(world: Workshop, tenant: Tenant, actor: Actor, name: str = "register.pdf", content: bytes = PDF, at: timedelta = timedelta()) -> str:
    type = rules.type_of(name, "text/csv" if name.endswith("csv") else "application/pdf")
    offer = Offer(tenant.id, actor.ref.id, name, type)
    file = await take(world.database, world.scanner, offer, io.BytesIO(content), limits=rules.Limits(), at=world.clock.now() + at)
    return encode(Kind.UPLOAD, file.id)


def told(done: Any) -> list[tuple[str, str | None, str | None]]:
    return [(change["field"], change["before"], change["after"]) for change in done["plan"]["changes"]]


async def test_contacts_language_and_papers_change_as_planned(world: Workshop, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    older, newer = await upload(world, one, actor), await upload(world, one, actor, "statutes.pdf", at=timedelta(seconds=1))
    wanted = {"contacts": [{**SARA, "phone": "۰۹۱۲ ۱۱۱ ۲۲ ۳۳"}, OMID], "locale": "BG", "addUploadIds": [older, newer]}

    planned = await update(world, actor, one, **wanted, mode="PLAN")
    assert planned["organization"]["contacts"] == planned["organization"]["documents"] == []
    done = await update(world, actor, one, **wanted, planToken=planned["plan"]["token"])

    assert told(done) == told(planned) == [
        *((f"contacts.{field}", None, value) for contact in (SARA, OMID) for field, value in contact.items() if value),
        ("locale", "FA", "BG"), ("documents", None, "register.pdf"), ("documents", None, "statutes.pdf"),
    ]  # fmt: skip
    assert done["organization"]["contacts"] == [SARA, OMID]
    assert done["organization"]["locale"] == "BG"
    assert [file["fileName"] for file in done["organization"]["documents"]] == ["statutes.pdf", "register.pdf"]


async def test_contacts_that_stay_are_told_by_what_differs(world: Workshop, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    await update(world, actor, one, contacts=[SARA, OMID])

    done = await update(world, actor, one, contacts=[{**SARA, "email": "bills@example.com"}])

    assert told(done) == [
        ("contacts.email", "sara@example.com", "bills@example.com"),
        ("contacts.name", "Omid Karimi", None), ("contacts.role", "Technical", None), ("contacts.phone", "+989124445566", None),
    ]  # fmt: skip
    assert all("Omid" not in change["label"] and "Sara" not in change["label"] for change in done["plan"]["changes"])
    same = await update(world, actor, one, contacts=[{**SARA, "email": "bills@example.com"}], locale="FA")
    assert same["code"] == "INVALID_INPUT" and same["message"] == "There is nothing to change."
    assert (await update(world, actor, one, contacts=[]))["organization"]["contacts"] == []


async def test_a_stale_plan_changes_nothing(world: Workshop, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    planned = await update(world, actor, one, contacts=[SARA], mode="PLAN")
    await update(world, actor, one, contacts=[OMID])

    stale = await update(world, actor, one, contacts=[SARA], planToken=planned["plan"]["token"])

    assert stale["__typename"] == "PlanStale"
    assert (await update(world, actor, one, locale="EN"))["organization"]["contacts"] == [OMID]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "INVALID_INPUT", None),
        ({"contacts": [SARA] * 21}, "INVALID_INPUT", ["contacts"]),
        ({"contacts": [SARA, {**OMID, "name": " \u200b "}]}, "INVALID_INPUT", ["contacts", "1", "name"]),
        ({"contacts": [{**SARA, "role": "x" * 121}]}, "INVALID_INPUT", ["contacts", "0", "role"]),
        ({"addUploadIds": ["x"]}, "NOT_FOUND", ["addUploadIds"]),
        ({"addUploadIds": [encode(Kind.UPLOAD, uuid7())]}, "NOT_FOUND", ["addUploadIds"]),
        ({"addUploadIds": [encode(Kind.UPLOAD, uuid7())] * 11}, "INVALID_INPUT", ["addUploadIds"]),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    world: Workshop, two_tenants: TwoTenants, given: dict[str, Any], code: str, field: list[str] | None
) -> None:
    refused = await update(world, two_tenants.one.as_profile_manager(), two_tenants.one, **given)

    assert (refused["code"], refused["field"] or None) == (code, field)


async def test_whoever_has_but_a_part_neither_changes_it_nor_sees_its_papers(world: Workshop, two_tenants: TwoTenants) -> None:
    one, manager = two_tenants.one, two_tenants.one.as_profile_manager()
    paper = (await update(world, manager, one, addUploadIds=[await upload(world, one, manager)]))["organization"]["documents"][0]["id"]

    partly = one.as_account_manager()
    refused = await update(world, partly, one, locale="EN", addUploadIds=[await upload(world, one, partly)])
    assert (refused["code"], refused["field"]) == ("NOT_ELIGIBLE", ["organizationId"])
    assert (await run(world, partly, SEEN, id=one.gid)).data["organization"]["documents"] == []
    assert (await run(world, partly, FILE, id=paper)).data["node"] is None

    for stranger in (two_tenants.other.as_profile_manager(), two_tenants.other.as_account_manager()):
        foreign = await update(world, stranger, one, locale="EN")
        assert (foreign["code"], foreign["field"]) == ("NOT_FOUND", ["organizationId"])
        assert (await run(world, stranger, FILE, id=paper)).data["node"] is None
    assert (await run(world, manager, FILE, id=paper)).data["node"] == {"fileName": "register.pdf"}


async def test_only_papers_are_taken_and_the_file_ends_at_fifty(
    world: Workshop, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    table = await upload(world, one, actor, "cards.csv", b"msisdn\n09351234567\n")
    assert (await update(world, actor, one, addUploadIds=[table]))["code"] == "INVALID_INPUT"
    colleagues = await upload(world, one, one.as_account_manager())
    assert (await update(world, actor, one, addUploadIds=[colleagues]))["code"] == "NOT_FOUND"

    monkeypatch.setattr(organizations, "MOST_PAPERS", 2)
    taken = [await upload(world, one, actor, f"{number}.pdf") for number in range(3)]
    assert len((await update(world, actor, one, addUploadIds=taken[:2]))["organization"]["documents"]) == 2
    assert (await update(world, actor, one, addUploadIds=taken[:1]))["code"] == "NOT_FOUND"
    assert (await update(world, actor, one, addUploadIds=taken[2:], locale="EN"))["code"] == "LIMIT_REACHED"
    async with world.database.read() as session:
        purposes = list((await session.scalars(select(File.purpose))).all())
    assert sorted(purposes) == [Purpose.PAPER] * 2 + [Purpose.UPLOAD] * 3


async def test_two_at_once_never_pass_the_bound_together(world: Workshop, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    monkeypatch.setattr(organizations, "MOST_PAPERS", 1)
    taken = [await upload(world, one, actor, f"{number}.pdf") for number in range(3)]

    answers = await asyncio.gather(*(update(world, actor, one, addUploadIds=[id]) for id in taken))

    assert sorted(answer.get("code", "") for answer in answers) == ["", "LIMIT_REACHED", "LIMIT_REACHED"]


async def test_support_sees_who_was_changed_masked_and_gets_no_paper(world: Workshop, two_tenants: TwoTenants) -> None:
    one, manager, support = two_tenants.one, two_tenants.one.as_profile_manager(), two_tenants.one.as_support()
    await update(world, manager, one, contacts=[SARA], addUploadIds=[await upload(world, one, manager)])

    trail = (await run(world, support, TRAIL, id=one.gid)).data["organization"]["auditTrail"]["edges"]
    changes = next(edge["node"]["changes"] for edge in trail if edge["node"]["action"] == "organizationUpdate")
    assert [change["after"] for change in changes] == ["S••• R•••", "Bills", "s•••@•••.com", "+98•••33", "register.pdf"]
    assert "FORBIDDEN" in (await run(world, support, SEEN, id=one.gid)).codes


async def test_contacts_are_forgotten_in_the_trail_with_holders(world: Workshop, two_tenants: TwoTenants) -> None:
    one, manager = two_tenants.one, two_tenants.one.as_profile_manager()
    await update(world, manager, one, contacts=[SARA])

    await retention.forget(world.database, world.settings.retention_days, at=NOW + timedelta(days=1826))

    trail = (await run(world, manager, TRAIL, id=one.gid)).data["organization"]["auditTrail"]["edges"]
    changes = next(edge["node"]["changes"] for edge in trail if edge["node"]["action"] == "organizationUpdate")
    assert [change["after"] for change in changes] == ["…", "Bills", "…", "…"]


async def test_papers_of_many_organizations_take_one_statement(world: Workshop, two_tenants: TwoTenants) -> None:
    one, manager = two_tenants.one, two_tenants.one.as_profile_manager()
    await update(world, manager, one, addUploadIds=[await upload(world, one, manager, f"{number}.pdf") for number in range(3)])
    both = manager.__class__(manager.ref, (*manager.grants, *two_tenants.other.as_profile_manager().grants), session_id=manager.session_id)

    with counted_statements(world.database) as statements:
        answer = await run(world, both, "{ viewer { organizations(first: 5) { edges { node { documents { fileName } } } } } }")

    assert sorted(len(edge["node"]["documents"]) for edge in answer.data["viewer"]["organizations"]["edges"]) == [0, 3]
    assert sum("FROM files" in statement for statement in statements) == 1
