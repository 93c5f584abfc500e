"""The catalogue by GET: kept by its asker, asked about again, with every right and bound of a POST; and no other document."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api import budget
from api.world import World
from domain.catalogue.tables import Offering
from domain.kernel.permissions import Permission, Role
from seeds.catalogue import offering_id, seed_catalogue
from seeds.dice import Dice
from seeds.outages import seed_outages
from tests.api.test_trusted import MODERN, ROOT, House, code, id_of, open_house
from tests.world import NOW, TwoTenants

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CATALOGUE = (ROOT / "mobile/documents/10_catalogue.graphql").read_text(encoding="utf-8")
HELP = (ROOT / "mobile/documents/31_help.graphql").read_text(encoding="utf-8")
ORDERING = (ROOT / "mobile/documents/11_order_place.graphql").read_text(encoding="utf-8")
FLEET = (ROOT / "mobile/documents/05_fleet_page.graphql").read_text(encoding="utf-8")


@pytest_asyncio.fixture
async def house(world: World, two_tenants: TwoTenants) -> AsyncIterator[House]:
    """A running system with a catalogue."""
    async with world.database.write() as session:
        await seed_catalogue(session, NOW)
    async for opened in open_house(world, two_tenants):
        yield opened


async def get(house: House, token: str | None, document: str = CATALOGUE, *, language: str = "en", **rest: Any) -> httpx.Response:
    headers = {"accept": MODERN, "accept-language": language, "accept-encoding": rest.pop("encoding", "identity")}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    headers |= {"if-none-match": rest.pop("known")} if "known" in rest else {}
    headers |= rest.pop("headers", {})
    parameters = {"documentId": id_of(document)} | {name: value if isinstance(value, str) else json.dumps(value) for name, value in rest.items()}
    return await house.http.get("/graphql", params=parameters, headers=headers)


async def test_the_catalogue_is_named_and_asked_about_again(house: House) -> None:
    token = await house.person(house.desk.manager)
    first = await get(house, token, variables={"filter": {"categories": ["ROAMING"]}}, operationName="Catalogue")

    again = await get(house, token, variables={"filter": {"categories": ["ROAMING"]}}, operationName="Catalogue", known=first.headers["etag"])

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    posted = (await house.ask(token, documentId=id_of(CATALOGUE), variables={"filter": {"categories": ["ROAMING"]}})).json()
    assert first.json() == {"data": posted["data"]}
    for answer in (first, again):
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["vary"] == "accept, accept-encoding, accept-language, authorization"
        assert answer.headers["etag"] == first.headers["etag"]
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_changed_comes_whole_under_a_new_name(house: House) -> None:
    token = await house.person(house.desk.manager)
    name = (await get(house, token)).headers["etag"]
    await house.desk.change(Offering, offering_id("ROAM-10D-5G"), net_price=1)

    answer = await get(house, token, known=name)

    assert answer.status_code == 200
    assert answer.headers["etag"] != name


async def test_another_language_page_filter_or_form_has_another_name(house: House) -> None:
    token = await house.person(house.desk.manager)
    names = [
        (await get(house, token, **rest)).headers["etag"]
        for rest in ({}, {"language": "fa"}, {"variables": {"filter": {"categories": ["ROAMING"]}}}, {"headers": {"accept": "application/json"}}, {"encoding": "gzip"})
    ]

    assert len(set(names)) == 5


async def test_compressed_or_not_it_is_the_same_catalogue(house: House) -> None:
    token = await house.person(house.desk.manager)
    plain, zipped = await get(house, token), await get(house, token, encoding="gzip")

    assert (plain.headers.get("content-encoding"), zipped.headers["content-encoding"]) == (None, "gzip")
    assert plain.content == zipped.content
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    for known in (plain, zipped):
        for encoding in ("gzip", "identity"):
            assert (await get(house, token, known=known.headers["etag"], encoding=encoding)).status_code == 304


async def test_strangers_get_no_catalogue_however_they_ask(house: House) -> None:
    name = (await get(house, await house.person(house.desk.manager))).headers["etag"]

    for token in (None, "nonsense"):
        for known in ("", name, "*"):
            answer = await get(house, token, known=known)
            assert code(answer) == "UNAUTHENTICATED"
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers


async def test_a_card_out_of_scope_is_not_found_and_nothing_is_kept(house: House) -> None:
    other = house.desk.tenants.other
    token = await house.person(house.desk.manager)

    answer = await get(house, token, variables={"filter": {"organizationId": other.gid}})

    assert code(answer) == "NOT_FOUND"
    assert (answer.headers["cache-control"], answer.headers.get("etag")) == ("no-store", None)


async def test_a_get_is_paid_for_as_a_post(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await house.person(house.desk.manager)
    monkeypatch.setattr(budget, "CAPACITY", 1_000)
    name = (await get(house, token)).headers["etag"]

    answers = [await get(house, token, known=name) for _ in range(8)]

    assert {answer.status_code for answer in answers} == {304, 429}
    assert code(answers[-1]) == "RATE_LIMITED"


async def test_a_companys_own_document_of_the_catalogue_is_kept_too(house: House) -> None:
    own = "query Ours($first: Int = 3) { offerings(first: $first) { edges { node { code name } } } }"
    token = await house.token(house.desk.tenant, Permission.DOCUMENT_MANAGE)
    stranger = await house.token(house.desk.tenants.other, Permission.SIM_READ)
    await house.put(token, own)

    answer = await get(house, token, own)

    assert len(answer.json()["data"]["offerings"]["edges"]) == 3
    assert (await get(house, token, own, known=answer.headers["etag"])).status_code == 304
    assert (await get(house, token, own, variables={"first": 5})).headers["etag"] != answer.headers["etag"]
    assert code(await get(house, stranger, own, known=answer.headers["etag"])) == "DOCUMENT_NOT_FOUND"


@pytest.mark.parametrize(
    ("document", "operation"),
    [(ORDERING, "OrderPlace"), (ORDERING, "OrderProgress"), (FLEET, "Fleet"), (FLEET, "FleetCount")],
)
async def test_nothing_else_is_answered_to_get(house: House, document: str, operation: str) -> None:
    answer = await get(house, await house.person(house.desk.manager), document, operationName=operation)

    assert (answer.status_code, code(answer), answer.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("", 405, "METHOD_NOT_ALLOWED"),
        ("query={offerings{totalCount}}", 405, "METHOD_NOT_ALLOWED"),
        ("documentId=&query={offerings{totalCount}}", 405, "METHOD_NOT_ALLOWED"),
        ("documentId=ID&query={offerings{totalCount}}", 400, "INVALID_REQUEST"),
        ("documentId=ID&documentId=ID", 400, "INVALID_REQUEST"),
        ("documentId=ID&variables={}&variables={}", 400, "INVALID_REQUEST"),
        ("documentId=sha256:", 400, "INVALID_REQUEST"),
        ("documentId=%00", 400, "INVALID_REQUEST"),
        ("documentId=ID&variables={", 400, "INVALID_REQUEST"),
        ("documentId=ID&variables=[1]", 400, "INVALID_REQUEST"),
        ("documentId=ID&variables=5", 400, "INVALID_REQUEST"),
        ("documentId=ID&variables=%ff", 400, "INVALID_REQUEST"),
        ("documentId=ID&variables=" + "[" * 5000, 400, "INVALID_REQUEST"),
        ('documentId=ID&variables={"after":"a%00b"}', 400, "INVALID_REQUEST"),
        (r'documentId=ID&variables={"after":"a\u0000b"}', 400, "INVALID_INPUT"),
        ("documentId=ID&operationName=Other", 400, "INVALID_REQUEST"),
        ("documentId=ID&x=" + "x" * 8192, 414, "URL_TOO_LONG"),
        ("documentId=sha256:" + "0" * 64, 400, "DOCUMENT_NOT_FOUND"),
    ],
)
async def test_odd_urls_are_refused(house: House, query: str, status: int, expected: str) -> None:
    token = await house.person(house.desk.manager)
    url = "/graphql?" + query.replace("ID", id_of(CATALOGUE))

    answer = await house.http.get(url, headers={"accept": MODERN, "authorization": f"Bearer {token}"})

    assert (answer.status_code, code(answer)) == (status, expected)
    assert answer.headers["cache-control"] == "no-store"


async def test_empty_parameters_are_none(house: House) -> None:
    token = await house.person(house.desk.manager)

    assert (await get(house, token, operationName="", variables="")).status_code == 200


async def test_head_is_not_served(house: House) -> None:
    assert (await house.http.head("/graphql", params={"documentId": id_of(CATALOGUE)})).status_code == 405


# ---- compression of what is posted ----


async def posted(house: House, token: str, *, encoding: str = "gzip", **body: Any) -> httpx.Response:
    headers = {"accept": MODERN, "authorization": f"Bearer {token}", "accept-encoding": encoding}
    return await house.http.post("/graphql", json=body, headers=headers)


async def test_a_large_answer_of_a_query_is_compressed_for_whoever_takes_it_so(house: House) -> None:
    token = await house.person(house.desk.manager)
    variables = {"account": house.desk.tenant.account("root"), "first": 12}

    zipped, plain = [await posted(house, token, encoding=coding, documentId=id_of(FLEET), operationName="Fleet", variables=variables) for coding in ("gzip", "identity")]

    assert (zipped.headers["content-encoding"], zipped.headers["vary"], zipped.headers["cache-control"]) == ("gzip", "accept-encoding", "no-store")
    assert "content-encoding" not in plain.headers
    assert zipped.json()["data"] == plain.json()["data"]
    assert len(zipped.json()["data"]["account"]["sims"]["edges"]) == 12


async def test_neither_mutations_nor_errors_nor_small_answers_are_compressed(house: House) -> None:
    token = await house.person(house.desk.manager)
    partly = 'query { offerings(first: 30) { edges { node { name description } } } account(id: "x") { id } }'
    ticket = {"organizationId": house.desk.tenant.gid, "title": "Slow", "text": "x" * 3_000, "priority": "LOW"}
    open_ticket = """mutation($input: TicketOpenInput!) { ticketOpen(input: $input) { ... on TicketOpenPayload {
      ticket { messages(first: 1) { edges { node { text } } } } } } }"""

    answers = [
        await posted(house, token, query="{ viewer { locale } }"),
        await posted(house, token, query=partly),
        await posted(house, token, query="{ viewer { " + " ".join(f"nothing{number}" for number in range(60)) + " } }"),
        await posted(house, token, query=open_ticket, variables={"input": ticket}),
    ]

    assert [len(answer.content) > 2048 for answer in answers] == [False, True, True, True]
    assert "x" * 3_000 in answers[3].text
    assert answers[1].json()["data"]["offerings"]["edges"] and answers[1].json()["errors"]
    assert [answer.headers.get("content-encoding") for answer in answers] == [None] * 4


async def test_support_in_a_view_reads_the_catalogue_by_get(house: House) -> None:
    support = await house.person(await house.desk.hire(Role.SUPPORT))

    answer = await get(house, support, encoding="gzip")

    assert answer.status_code == 200
    assert len(gzip.compress(answer.content)) < len(answer.content)


async def test_help_and_outages_are_kept_by_strangers_too_until_they_change(house: House, world: World) -> None:
    async def asked(operation: str, **rest: Any) -> httpx.Response:
        return await get(house, None, HELP, operationName=operation, variables={"locale": "EN"} if operation == "Help" else {}, **rest)

    help_, outages = await asked("Help"), await asked("Incidents")

    assert help_.json()["data"]["helpArticles"]["edges"][0]["node"]["title"] == "How do I sign in?"
    assert outages.json()["data"] == {"incidents": []}
    for operation, answer in (("Help", help_), ("Incidents", outages)):
        assert (await asked(operation, known=answer.headers["etag"])).status_code == 304
    async with world.database.write() as session:
        await seed_outages(session, Dice(1), at=NOW)
    changed = await asked("Incidents", known=outages.headers["etag"])
    assert (changed.status_code, [one["title"] for one in changed.json()["data"]["incidents"]]) == (200, ["Slow internet in Qom and Kashan"])
