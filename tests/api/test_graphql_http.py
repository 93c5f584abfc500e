"""What hostile and clumsy HTTP gets: a clear refusal with a code and a request id, never a 5xx (QUALITY)."""

import asyncio
import time
from typing import Any

import httpx
import pytest

MODERN = "application/graphql-response+json"
INTROSPECTION = "{ __schema { types { name } } }"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing here reaches the store


async def post(http: httpx.AsyncClient, query: Any, **headers: str) -> httpx.Response:
    return await http.post("/graphql", json={"query": query}, headers={"accept": MODERN} | headers)


def code(answer: httpx.Response) -> str:
    error = answer.json()["errors"][0]
    assert error["message"]
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    return str(error["extensions"]["code"])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_a_text_is_served_to_post_alone(http: httpx.AsyncClient, method: str) -> None:
    answer = await http.request(method, "/graphql", params={"query": "{ __typename }"})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert code(answer) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "expected"),
    [
        (b"{", "application/json", 400, "INVALID_REQUEST"),
        (b"", "application/json", 400, "INVALID_REQUEST"),
        (b"\xff\xfe", "application/json", 400, "INVALID_REQUEST"),
        (b"null", "application/json", 400, "INVALID_REQUEST"),
        (b"42", "application/json", 400, "INVALID_REQUEST"),
        (b'[{"query": "{ __typename }"}]', "application/json", 400, "INVALID_REQUEST"),
        (b'{"query": 5}', "application/json", 400, "INVALID_REQUEST"),
        (rb'{"query": "{ __typename }", "variables": {"search": "a\u0000b"}}', "application/json", 400, "INVALID_INPUT"),
        (rb'{"query": "{ node(id: \"\\u0000\") { id } }"}', "application/json", 400, "INVALID_INPUT"),
        (rb'{"query": "{ node(id: \"\\u{0}\") { id } }"}', "application/json", 400, "INVALID_INPUT"),
        (b'{"query": " "}', "application/json", 400, "INVALID_REQUEST"),
        (b'{"query": "{ __typename }", "variables": []}', "application/json", 200, ""),
        (b'{"query": "{ __typename }", "variables": [1]}', "application/json", 400, "INVALID_REQUEST"),
        (b'{"query": "{ __typename }", "operationName": 7}', "application/json", 400, "INVALID_REQUEST"),
        (b'{"query": "' + b"\xed\xa0\x80" + b'"}', "application/json", 400, "INVALID_REQUEST"),
        (b'{"query": "{ __typename }"}', "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"query={__typename}", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"--x", "multipart/form-data; boundary=x", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"[" * 100_000, "application/json", 400, "INVALID_REQUEST"),
        (b'{"query": "' + b" " * 300_000 + b'"}', "application/json", 413, "BODY_TOO_LARGE"),
    ],
)
async def test_odd_bodies(http: httpx.AsyncClient, body: bytes, content_type: str, status: int, expected: str) -> None:
    answer = await http.post("/graphql", content=body, headers={"content-type": content_type, "accept": MODERN})

    assert answer.status_code == status
    if expected:
        assert code(answer) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{", "INVALID_REQUEST"),
        ("{ nothing }", "INVALID_REQUEST"),
        ("subscription { x }", "INVALID_REQUEST"),
        ("query A { __typename } query B { __typename }", "INVALID_REQUEST"),
        ("{ " + "__typename " * 1001 + "}", "INVALID_REQUEST"),
        ("{ __typename }" + " " * 17_000, "DOCUMENT_TOO_LARGE"),
        ("{ " + " ".join(f"a{i}: __typename" for i in range(16)) + " }", "DOCUMENT_TOO_LARGE"),
        ("{ ...F } fragment F on Query { ...F }", "DOCUMENT_TOO_LARGE"),
        ("{" + "a{" * 2000 + "b" + "}" * 2000 + "}", "INVALID_REQUEST"),
        (INTROSPECTION, "UNAUTHENTICATED"),
    ],
)
async def test_bad_documents_are_client_errors(http: httpx.AsyncClient, query: str, expected: str) -> None:
    answer = await post(http, query)

    assert answer.status_code == (401 if expected == "UNAUTHENTICATED" else 400)
    assert answer.headers["content-type"].startswith(MODERN)
    assert code(answer) == expected
    assert "data" not in answer.json()


async def test_plain_json_clients_get_200_and_the_errors(http: httpx.AsyncClient) -> None:
    answer = await post(http, "{ nothing }", accept="application/json")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert code(answer) == "INVALID_REQUEST"


async def test_unknown_answer_types_are_refused(http: httpx.AsyncClient) -> None:
    assert (await post(http, "{ __typename }", accept="text/html")).status_code == 406


async def test_strangers_get_no_suggestions(http: httpx.AsyncClient) -> None:
    answer = await post(http, "{ accont { id } }")

    assert "Did you mean" not in answer.text
    assert "account" not in answer.text.replace("accont", "")


@pytest.mark.parametrize("header", ["Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer smg_dev_nonsense", "Basic YTpi", "nonsense"])
async def test_a_token_that_is_not_good_is_told_so(http: httpx.AsyncClient, header: str) -> None:
    answer = await post(http, "{ viewer { locale } }", authorization=header)

    assert code(answer) == "UNAUTHENTICATED"
    assert (await post(http, "{ viewer { locale } }")).json()["data"] == {"viewer": None}


async def test_the_answer_tells_its_cost(http: httpx.AsyncClient) -> None:
    cost = (await post(http, "{ node(id: \"x\") { id } }")).json()["extensions"]["cost"]

    assert set(cost) == {"requested", "actual", "remaining", "restoreRate"}
    assert cost["actual"] <= cost["requested"]


async def test_too_costly_documents_are_refused_before_they_run(http: httpx.AsyncClient) -> None:
    document = "query($id: ID!) { organization(id: $id) { accounts(first: 100) { edges { node { sims(first: 200) { edges { node { id } } } } } } } }"

    answer = await http.post("/graphql", json={"query": document, "variables": {"id": "x"}}, headers={"accept": MODERN})

    assert (answer.status_code, code(answer)) == (400, "TOO_COSTLY")


async def test_a_budget_that_is_used_up_says_when_it_is_full_again(http: httpx.AsyncClient) -> None:
    document = "query($id: ID!) { organization(id: $id) { accounts(first: 100) { edges { node { sims(first: 50) { edges { node { id } } } } } } } }"
    answers = [await http.post("/graphql", json={"query": document, "variables": {"id": "x"}}, headers={"accept": MODERN}) for _ in range(3)]

    refused = [answer for answer in answers if answer.status_code == 429]

    assert [answer.status_code for answer in answers[:1]] == [200]
    for answer in refused:
        assert code(answer) == "RATE_LIMITED"
        assert answer.json()["errors"][0]["extensions"]["retryAfter"] >= 1


async def test_a_bug_is_masked(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("schema.root.decode", broken)

    answer = await post(http, "{ node(id: \"x\") { id } }")

    assert "secret" not in answer.text
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"


async def test_a_probe_is_answered_while_hostile_documents_run(http: httpx.AsyncClient) -> None:
    spreads = " ".join(f"fragment F{i} on Query {{ a{i}: __typename ...F{i + 1} ...F{i + 1} }}" for i in range(40))
    hostile = "{ ...F0 } " + spreads + " fragment F40 on Query { __typename }"
    attack = asyncio.gather(*(post(http, hostile + " " * i) for i in range(20)))
    began = time.perf_counter()

    probe = await http.get("/healthz")

    assert probe.status_code == 200
    assert time.perf_counter() - began < 1
    assert {answer.status_code for answer in await attack} == {400}


async def test_subscriptions_are_not_for_http(http: httpx.AsyncClient) -> None:
    answer = await post(http, "subscription { jobProgress(jobId: \"x\") { id } }")

    assert (answer.status_code, code(answer)) == (400, "INVALID_REQUEST")
    assert (await http.get("/graphql", headers={"upgrade": "websocket", "connection": "upgrade"})).status_code == 405


@pytest.mark.parametrize(
    ("variables", "words"),
    [({"a": {"b": ["fine", "a\0b"]}}, "can't be kept"), ({"a": {"b": ["x" * 10_001]}}, "longer than 10,000")],
)
async def test_texts_that_no_store_keeps_stay_outside(http: httpx.AsyncClient, variables: Any, words: str) -> None:
    answer = await http.post("/graphql", json={"query": "{ __typename }", "variables": variables}, headers={"accept": MODERN, "accept-language": "en"})

    assert answer.status_code == 400
    assert code(answer) == "INVALID_INPUT"
    error = answer.json()["errors"][0]
    assert error["extensions"]["field"] == ["a", "b"]
    assert words in error["message"]


async def test_a_text_in_the_document_is_looked_at_alike(http: httpx.AsyncClient) -> None:
    assert code(await post(http, r'{ __type(name: "a\u0000b") { name } }')) == "INVALID_INPUT"
