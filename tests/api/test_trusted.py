"""Documents by hash over HTTP: our own for everybody, an organization's for its own; and a deployment that runs no others."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from sqlmodel import select

from api import documents
from api.app import build
from api.settings import DocumentPolicy
from api.world import World
from auth import rules
from auth.tables import ApiToken
from domain.audit.tables import AuditEntry
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission, Role
from domain.trusted import service
from schema.kernel.trusted import own_documents
from tests.desk import Desk
from tests.world import NOW, Tenant, TwoTenants, counted_statements
from x import ROOT

MODERN = "application/graphql-response+json"
SESSIONS = (ROOT / "mobile/documents/02_sessions.graphql").read_text(encoding="utf-8")
RUNBOOK = (ROOT / "web/runbooks/02_why_no_internet.graphql").read_text(encoding="utf-8")
OWN = "query Mine { viewer { actor { label } } }"
ANSWER = {"viewer": {"actor": {"label": "ERP (Sara Karimi)"}}}


def id_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class House:
    """A running system with people and programs of two companies."""

    world: World
    desk: Desk
    http: httpx.AsyncClient

    async def token(self, tenant: Tenant, *rights: Permission, serial: int = 0) -> str:
        """The secret of a program of a company."""
        secret = rules.token_text("dev", f"{tenant.profile_manager.mobile[5:] if tenant.profile_manager.mobile else ''}{serial:022d}"[:30].ljust(30, "0"))
        async with self.world.database.write() as session:
            session.add(
                ApiToken(
                    id=uuid7(), organization_id=tenant.id, account_id=tenant.accounts["root"].id, person_id=tenant.profile_manager.id, name="ERP",
                    prefix=secret[:14], hash=hashlib.sha256(secret.encode()).hexdigest(), permissions=[right.value for right in rights], networks=[],
                    by={}, created_at=NOW, expires_at=NOW + timedelta(days=1),
                )
            )  # fmt: skip
        return secret

    async def person(self, person: Any) -> str:
        return (await self.desk.begin(person)).access_token

    async def ask(self, token: str | None = None, **body: Any) -> httpx.Response:
        headers = {"accept": MODERN, "accept-language": "en"} | ({"authorization": f"Bearer {token}"} if token else {})
        return await self.http.post("/graphql", json=body, headers=headers)

    async def put(self, token: str | None, text: str | bytes = OWN, *, id: str | None = None, content_type: str = "application/graphql") -> httpx.Response:
        content = text.encode() if isinstance(text, str) else text
        headers = {"content-type": content_type, "accept-language": "en"} | ({"authorization": f"Bearer {token}"} if token else {})
        return await self.http.put(f"/documents/{id or 'sha256:' + hashlib.sha256(content).hexdigest()}", content=content, headers=headers)

    async def delete(self, token: str, text: str = OWN) -> httpx.Response:
        return await self.http.delete(f"/documents/{id_of(text)}", headers={"authorization": f"Bearer {token}"})

    async def list(self, token: str) -> Any:
        return (await self.http.get("/documents", headers={"authorization": f"Bearer {token}"})).json()


def code(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    assert error["message"]
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    return str(error["extensions"]["code"])


async def open_house(world: World, tenants: TwoTenants) -> AsyncIterator[House]:
    transport = httpx.ASGITransport(app=build(world), client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        yield House(world, Desk(world.auth, tenants), http)


@pytest_asyncio.fixture
async def house(world: World, two_tenants: TwoTenants) -> AsyncIterator[House]:
    """One that takes any text."""
    async for opened in open_house(world, two_tenants):
        yield opened


@pytest_asyncio.fixture
async def strict(world: World, two_tenants: TwoTenants) -> AsyncIterator[House]:
    """One that runs registered documents only."""
    settings = msgspec.structs.replace(world.settings, trusted_documents=DocumentPolicy.REQUIRED)
    object.__setattr__(world, "settings", settings)
    async for opened in open_house(world, two_tenants):
        yield opened


sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# ---- by hash ----


@sqlite
async def test_our_own_documents_are_asked_for_by_hash_and_operation(house: House) -> None:
    token = await house.person(house.desk.manager)

    answer = await house.ask(token, documentId=id_of(SESSIONS), operationName="Sessions")

    assert answer.status_code == 200
    assert answer.json()["data"] == (await house.ask(token, query=SESSIONS, operationName="Sessions")).json()["data"]
    assert len(answer.json()["data"]["viewer"]["sessions"]) == 1
    assert answer.json()["extensions"]["cost"]["actual"] > 0


@sqlite
async def test_a_stranger_signs_in_by_hash(house: House) -> None:
    sign_in = (ROOT / "mobile/documents/01_sign_in.graphql").read_text(encoding="utf-8")
    variables = {"input": {"identity": house.desk.manager.mobile, "channel": "SMS"}}

    answer = await house.ask(documentId=id_of(sign_in), operationName="OtpRequest", variables=variables)

    assert answer.json()["data"]["otpRequest"]["__typename"] == "OtpRequestPayload"


@sqlite
async def test_an_unknown_hash_is_told_so_in_the_language_asked_for(house: House) -> None:
    answer = await house.ask(documentId=id_of("{ __typename }"))

    assert (answer.status_code, code(answer)) == (400, "DOCUMENT_NOT_FOUND")
    assert answer.json()["errors"][0]["message"] == "This document isn't known here. Send its text, or register it."
    persian = await house.http.post("/graphql", json={"documentId": id_of("{ __typename }")}, headers={"accept-language": "fa"})
    assert persian.status_code == 200
    assert "سند" in persian.json()["errors"][0]["message"]


@sqlite
@pytest.mark.parametrize(
    "body",
    [
        {}, {"documentId": None}, {"documentId": ""}, {"documentId": 5}, {"documentId": []}, {"documentId": {"a": 1}}, {"documentId": True},
        {"documentId": "x" * 100_000}, {"documentId": "sha256:"}, {"documentId": id_of(SESSIONS).upper()}, {"documentId": id_of(SESSIONS)[7:]},
        {"documentId": id_of(SESSIONS) + "\n"}, {"documentId": "sha256:" + "\0" * 64}, {"documentId": id_of(SESSIONS), "query": SESSIONS},
        {"documentId": id_of(SESSIONS), "query": ""}, {"documentId": id_of(SESSIONS), "query": 5}, {"documentId": id_of(SESSIONS), "variables": [1]},
        {"documentId": id_of(SESSIONS), "operationName": 5}, {"documentId": id_of(SESSIONS)}, {"documentId": id_of(SESSIONS), "operationName": "None"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": id_of(SESSIONS)[7:]}}},
    ],
)  # fmt: skip
async def test_odd_ids_are_refused(house: House, body: dict[str, Any]) -> None:
    answer = await house.ask(**body)

    assert (answer.status_code, code(answer)) == (400, "INVALID_REQUEST")


# ---- a company's own ----


async def test_a_program_registers_and_asks_by_hash_at_once(house: House) -> None:
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)
    assert code(await house.ask(token, documentId=id_of(OWN))) == "DOCUMENT_NOT_FOUND"

    first, again = await house.put(token), await house.put(token)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"documentId": id_of(OWN), "operations": ["Mine"]}
    assert (await house.ask(token, documentId=id_of(OWN))).json()["data"] == ANSWER
    (row,) = (await house.list(token))["documents"]
    assert row == {"documentId": id_of(OWN), "registeredAt": "2026-11-21T08:30:00+00:00", "registeredBy": "ERP (Sara Karimi)"}
    async with house.world.database.read() as session:
        (entry,) = (await session.scalars(select(AuditEntry))).all()
    assert (entry.action, entry.changes[0]["after"], entry.by["label"]) == ("documentRegister", id_of(OWN), "ERP (Sara Karimi)")


@sqlite
async def test_everybody_of_the_company_may_ask_by_it_and_nobody_else(house: House) -> None:
    await house.put(await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE))
    support = await house.desk.hire(Role.SUPPORT)
    mine = [house.desk.tenant.profile_manager, house.desk.tenant.account_manager]
    theirs = [house.desk.tenants.other.profile_manager, support]

    asked = [await house.ask(await house.person(person), documentId=id_of(OWN)) for person in mine]
    others = [await house.ask(await house.person(person), documentId=id_of(OWN)) for person in theirs]
    others += [await house.ask(await house.token(house.desk.tenants.other, Permission.DOCUMENT_MANAGE), documentId=id_of(OWN))]
    stranger = await house.ask(documentId=id_of(OWN))

    assert [answer.status_code for answer in asked] == [200, 200]
    unknown = (await house.ask(documentId=id_of("{ nothing like it }"))).json()["errors"][0]["message"]
    for answer in [*others, stranger]:
        assert code(answer) == "DOCUMENT_NOT_FOUND"
        assert answer.json()["errors"][0]["message"] == unknown


@sqlite
async def test_two_companies_register_the_same_and_one_takes_it_back(house: House) -> None:
    one, other = [await house.token(tenant, Permission.DOCUMENT_MANAGE) for tenant in (house.desk.tenants.one, house.desk.tenants.other)]
    assert [(await house.put(token)).status_code for token in (one, other)] == [201, 201]

    assert (await house.delete(one)).status_code == 204

    assert code(await house.ask(one, documentId=id_of(OWN))) == "DOCUMENT_NOT_FOUND"
    assert (await house.ask(other, documentId=id_of(OWN))).json()["data"] == ANSWER
    assert (await house.list(one))["documents"] == []
    gone = await house.delete(one)
    assert (gone.status_code, code(gone)) == (404, "NOT_FOUND")


@sqlite
async def test_another_process_serves_what_was_removed_for_a_minute_at_most(house: House) -> None:
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)
    await house.put(token)
    async for elsewhere in open_house(house.world, house.desk.tenants):
        assert (await elsewhere.ask(token, documentId=id_of(OWN))).status_code == 200
        await house.delete(token)
        house.world.clock.move(timedelta(seconds=59))  # type: ignore[attr-defined]
        assert (await elsewhere.ask(token, documentId=id_of(OWN))).status_code == 200
        house.world.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
        assert code(await elsewhere.ask(token, documentId=id_of(OWN))) == "DOCUMENT_NOT_FOUND"


@sqlite
async def test_the_register_is_asked_once_a_minute(house: House) -> None:
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)
    await house.put(token)
    await house.ask(token, documentId=id_of(OWN))

    with counted_statements(house.world.database) as statements:
        await house.ask(token, documentId=id_of(OWN))

    assert [statement for statement in statements if "trusted_documents" in statement] == []


@sqlite
async def test_registering_needs_the_right(house: House) -> None:
    tenant = house.desk.tenant
    support = await house.desk.hire(Role.SUPPORT)
    denied = [await house.token(tenant, Permission.SIM_READ, serial=1)]
    denied += [await house.person(person) for person in (tenant.account_manager, support)]

    for token in denied:
        for answer in (await house.put(token), await house.delete(token), await house.http.get("/documents", headers={"authorization": f"Bearer {token}"})):
            assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")
    for stranger in (None, "nonsense"):
        answer = await house.put(stranger)
        assert (answer.status_code, code(answer), answer.headers["www-authenticate"]) == (401, "UNAUTHENTICATED", "Bearer")
    manager = await house.person(tenant.profile_manager)
    assert (await house.put(manager)).status_code == 201


@sqlite
@pytest.mark.parametrize(
    ("text", "wrong", "status", "expected"),
    [
        (OWN, {"id": id_of(OWN + " ")}, 400, "INVALID_INPUT"),
        (OWN, {"id": id_of(OWN)[7:]}, 400, "INVALID_REQUEST"),
        (OWN, {"id": "sha256:"}, 400, "INVALID_REQUEST"),
        (OWN, {"id": "A" * 4000}, 400, "INVALID_REQUEST"),
        (OWN, {"id": id_of(OWN).upper()}, 400, "INVALID_REQUEST"),
        (OWN, {"content_type": "application/json"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (OWN, {"content_type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("", {}, 400, "INVALID_REQUEST"),
        ("{", {}, 400, "INVALID_REQUEST"),
        ("{ nothing }", {}, 400, "INVALID_REQUEST"),
        ("fragment F on Query { __typename }", {}, 400, "INVALID_REQUEST"),
        ("type Query { a: Int }", {}, 400, "INVALID_REQUEST"),
        (b"\xff\xfe{", {}, 400, "INVALID_REQUEST"),
        (b"{ __typename } # \xed\xa0\x80", {}, 400, "INVALID_REQUEST"),
        ('{ node(id: "\\u0000") { id } }', {}, 400, "INVALID_INPUT"),
        ("{ __typename }" + " " * 16 * 1024, {}, 413, "BODY_TOO_LARGE"),
        ("{ " + " ".join(f"a{i}: __typename" for i in range(16)) + " }", {}, 400, "DOCUMENT_TOO_LARGE"),
        ("{" + "a{" * 2000 + "b" + "}" * 2000 + "}", {}, 400, "INVALID_REQUEST"),
    ],
)  # fmt: skip
async def test_what_would_not_be_served_is_not_registered(house: House, text: Any, wrong: dict[str, str], status: int, expected: str) -> None:
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)

    answer = await house.put(token, text, **wrong)

    assert (answer.status_code, code(answer)) == (status, expected)
    assert (await house.list(token))["documents"] == []


@sqlite
async def test_a_full_register_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)
    statuses = [(await house.put(token, f"{OWN} # {number}")).status_code for number in range(3)]

    assert statuses == [201, 201, 409]
    assert code(await house.put(token, OWN)) == "LIMIT_REACHED"
    assert (await house.list(token))["most"] == 2


@sqlite
async def test_registering_is_paid_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "COST", 20_000)
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)

    statuses = [(await house.put(token, f"{OWN} # {number}")).status_code for number in range(3)]

    assert statuses == [201, 201, 429]


@sqlite
async def test_other_methods_are_not_allowed(house: House) -> None:
    assert (await house.http.post("/documents", content=OWN)).status_code == 405
    assert (await house.http.get(f"/documents/{id_of(OWN)}")).status_code == 405


# ---- only registered ones ----


@sqlite
async def test_where_documents_are_required_other_texts_are_refused(strict: House) -> None:
    manager = await strict.person(strict.desk.manager)
    partner = await strict.token(strict.desk.tenant, Permission.SIM_READ)

    for token in (None, manager, partner):
        for text in ("{ __typename }", OWN, "{", "{ nothing }", "{ __schema { types { name } } }", SESSIONS + " ", "x" * 20_000):
            answer = await strict.ask(token, query=text)
            assert (answer.status_code, code(answer)) == (400, "DOCUMENT_NOT_REGISTERED")
            assert answer.json()["errors"][0]["message"] == "Only registered documents run here. Update the app, or register the document."
    assert code(await strict.ask(partner, documentId=id_of(OWN))) == "DOCUMENT_NOT_FOUND"


@sqlite
async def test_where_documents_are_required_registered_ones_run_by_hash_or_by_text(strict: House) -> None:
    token = await strict.token(strict.desk.tenant, Permission.DOCUMENT_MANAGE)
    await strict.put(token)

    for body in ({"documentId": id_of(OWN)}, {"query": OWN}):
        assert (await strict.ask(token, **body)).json()["data"] == ANSWER
    for body in ({"documentId": id_of(SESSIONS)}, {"query": SESSIONS}):
        assert (await strict.ask(token, operationName="Sessions", **body)).status_code == 200
    stranger = await strict.ask(query=OWN)
    assert code(stranger) == "DOCUMENT_NOT_REGISTERED"


@sqlite
async def test_every_document_of_ours_is_known_where_documents_are_required(strict: House) -> None:
    for text in own_documents().values():
        for body in ({"documentId": id_of(text)}, {"query": text}):
            answer = (await strict.ask(**body)).json()
            assert {error["extensions"]["code"] for error in answer.get("errors", [])} & {"DOCUMENT_NOT_FOUND", "DOCUMENT_NOT_REGISTERED"} == set()


@sqlite
async def test_the_operators_people_look_into_what_nobody_foresaw(strict: House) -> None:
    support = await strict.person(await strict.desk.hire(Role.SUPPORT))

    assert (await strict.ask(support, query="{ __typename }")).json()["data"] == {"__typename": "Query"}
    assert (await strict.ask(support, query="{ __schema { queryType { name } } }")).status_code == 200
    assert (await strict.ask(support, documentId=id_of(RUNBOOK), variables={"msisdn": "+989350000000"})).status_code == 200


@sqlite
async def test_other_texts_never_touch_the_store_of_prepared_documents(strict: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schema.kernel.documents.Documents.prepared", None)

    assert code(await strict.ask(query="{ __typename }")) == "DOCUMENT_NOT_REGISTERED"
