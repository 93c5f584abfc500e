"""One-time codes, tokens and secrets are in no log, table, document or error, whatever goes wrong on the way."""

import logging
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlmodel import SQLModel, select
from structlog.testing import capture_logs

from api.app import build
from api.traces import Traces
from api.watching import watch_of
from api.worker import handlers
from api.workshop import Workshop
from api.world import World
from store import outbox
from tests.world import TwoTenants

ASK = """mutation($input: OtpRequestInput!) { otpRequest(input: $input) { ... on OtpRequestPayload { challenge { id } } ... on UserError { code } } }"""
ENTER = """mutation($input: SessionCreateInput!) { sessionCreate(input: $input) {
  ... on SessionCreatePayload { tokens { accessToken refreshToken } } ... on UserError { code message field } } }"""
SET = """mutation($input: PasswordSetInput!) { passwordSet(input: $input) { __typename ... on UserError { code message field } } }"""
PASSWORD = "teapot granite 41 willow"


async def post(http: httpx.AsyncClient, query: str, input: Any, **more: Any) -> Any:
    return (await http.post("/graphql", json={"query": query, "variables": {"input": input}, **more})).json()


async def test_codes_and_tokens_are_nowhere_but_with_their_owner(
    world: Workshop, two_tenants: TwoTenants, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = InMemorySpanExporter()
    traces = Traces("", 1.0, service="test", processor=SimpleSpanProcessor(spans))
    world.database.trace(traces.statement)
    world = replace(world, traces=traces)
    transport = httpx.ASGITransport(app=build(world), client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        await sign_in_and_set_a_password(http, world, two_tenants, caplog, monkeypatch, spans)


async def sign_in_and_set_a_password(
    http: httpx.AsyncClient,
    world: Workshop,
    two_tenants: TwoTenants,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    spans: InMemorySpanExporter,
) -> None:
    mobile, said = two_tenants.one.profile_manager.mobile, []
    assert mobile is not None and world.inbox is not None
    with caplog.at_level(logging.DEBUG), capture_logs() as logged:
        asked = await post(http, ASK, {"identity": mobile, "channel": "SMS"})
        challenge = asked["data"]["otpRequest"]["challenge"]["id"]
        said += await everything_kept(world)  # while the code still waits
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test", watch=watch_of(world))
        code = re.findall(r"\b\d{6}\b", world.inbox.messages(mobile)[0].text)[0]
        proof = {"otp": {"challengeId": challenge, "code": code}}

        for query in (ENTER.replace("sessionCreate(", "nothing("), ENTER + "}", ENTER.replace("tokens {", "tokens { x ")):
            said.append(repr(await post(http, query, {"proof": proof})))
        with monkeypatch.context() as broken:
            broken.setattr("auth.proofs._means", explode)
            said.append(repr(await post(http, ENTER, {"proof": proof})))
        tokens = (await post(http, ENTER, {"proof": proof}))["data"]["sessionCreate"]["tokens"]
        said.append(repr(await post(http, ENTER, {"proof": proof})))

        asked = await post(http, ASK, {"identity": mobile, "channel": "EMAIL"})
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test", watch=watch_of(world))
        mail = re.findall(r"\b\d{6}\b", world.inbox.messages(two_tenants.one.profile_manager.email)[0].text)[0]
        wish = {"proof": {"challengeId": asked["data"]["otpRequest"]["challenge"]["id"], "code": mail}, "password": PASSWORD}
        for query in (SET.replace("passwordSet(", "nothing("), SET + "}"):
            said.append(repr(await post(http, query, wish)))
        with monkeypatch.context() as broken:
            broken.setattr("auth.passwords._keep", explode)
            said.append(repr(await post(http, SET, wish)))
        said.append(repr(await post(http, SET, wish)))
        asked = await post(http, ASK, {"identity": mobile, "channel": "EMAIL"})
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test", watch=watch_of(world))
        again = re.findall(r"\b\d{6}\b", world.inbox.messages(two_tenants.one.profile_manager.email)[0].text)[0]
        wish["proof"] = {"challengeId": asked["data"]["otpRequest"]["challenge"]["id"], "code": again}
        said.append(repr(await post(http, SET, wish)))
        assert "PasswordSetPayload" in said[-1]
        await outbox.run_once(world.database, handlers(world), world.clock, worker="test", watch=watch_of(world))
        entered = {"proof": {"password": {"identity": mobile, "password": PASSWORD}}}
        with monkeypatch.context() as broken:
            broken.setattr("auth.hashing.Hasher._verify", explode)
            said.append(repr(await post(http, ENTER, entered)))
        assert "accessToken" in repr(await post(http, ENTER, entered))
        said.append(repr(await post(http, ENTER, {"proof": {"password": {"identity": mobile, "password": PASSWORD + " no"}}})))
        said += [repr(message) for address in (mobile, two_tenants.one.profile_manager.email) for message in world.inbox.messages(address)[:1]]
    said += [repr(logged), caplog.text, *await everything_kept(world)]
    assert world.metrics
    said += [world.metrics.text().decode(), *(span.to_json() for span in spans.get_finished_spans())]
    assert {"mutation", "SELECT", "outbox otp"} <= {span.name for span in spans.get_finished_spans()}

    assert "bug" in repr(logged)
    for secret in (code, tokens["accessToken"], tokens["refreshToken"], PASSWORD):
        assert [text for text in said if re.search(rf"(?<![0-9a-f-]){re.escape(secret)}(?![0-9a-f-])", text)] == []


def explode(*_: Any, **__: Any) -> Any:
    raise RuntimeError("a bug while the secret is at hand")


async def everything_kept(world: World) -> list[str]:
    """Every row and document."""
    kept = []
    async with world.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            kept += [repr(tuple(row)) for row in (await session.execute(select(table))).all()]
    for name in await world.documents.list_collection_names():
        kept += [repr(document) async for document in world.documents[name].find()]
    return kept
