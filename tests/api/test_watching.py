"""What operators see of a process: figures with bounded labels, readiness by part, traces without values."""

import asyncio
import dataclasses
import gzip
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select

from api.app import build
from api.metrics import Metrics
from api.stopping import Stop
from api.traces import Traces
from api.watching import LAG_EVERY_SECONDS, watch_of, watching
from api.workshop import Workshop
from store import outbox
from store.outbox import GiveUp, OutboxRow
from tests.desk import Desk
from tests.tooling.process_tree import free_port
from tests.world import TwoTenants

FLEET = (Path(__file__).resolve().parents[2] / "mobile" / "documents" / "05_fleet_page.graphql").read_text()


def figures(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    return figures(metrics).get((name, frozenset(labels.items())), 0)


@asynccontextmanager
async def client(world: Workshop) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(world), client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as opened:
        yield opened


async def ask_for_fleet(world: Workshop, two_tenants: TwoTenants, http: httpx.AsyncClient) -> None:
    desk = Desk(world.auth, two_tenants)
    headers = {"authorization": f"Bearer {(await desk.begin(desk.manager)).access_token}"}
    body = {"query": FLEET, "operationName": "Fleet", "variables": {"account": desk.tenant.account("root"), "first": 10}}
    assert (await http.post("/graphql", json=body, headers=headers)).json()["data"]["account"]["sims"]["edges"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_requests_are_timed_by_operation_and_errors_counted_by_code(world: Workshop, two_tenants: TwoTenants) -> None:
    assert world.metrics
    async with client(world) as http:
        await ask_for_fleet(world, two_tenants, http)
        await http.post("/graphql", json={"query": "{ viewer { actor { label } } }"})
        await http.post("/graphql", json={"query": "{ nothing"})
        await http.post("/graphql", content=b"x")

    assert sample(world.metrics, "simurgh_request_seconds_count", operation="Fleet", kind="query") == 1
    assert sample(world.metrics, "simurgh_request_seconds_count", operation="other", kind="query") == 1
    assert sample(world.metrics, "simurgh_request_seconds_count", operation="other", kind="other") == 2
    assert sample(world.metrics, "simurgh_errors_total", code="INVALID_REQUEST") == 1
    assert sample(world.metrics, "simurgh_errors_total", code="UNSUPPORTED_MEDIA_TYPE") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_request_makes_a_label_of_its_own(world: Workshop) -> None:
    assert world.metrics
    async with client(world) as http:
        await http.post("/graphql", json={"query": "query Q { viewer { actor { label } } }"})
        await http.post("/graphql", json={"query": "{ viewer { actor { x } } }"})
        before = figures(world.metrics).keys()
        for number in range(30):
            await http.post("/graphql", json={"query": f"query Q{number} {{ viewer {{ actor {{ label }} }} }}"})
            await http.post("/graphql", json={"query": f"query Q{number} {{ viewer {{ actor {{ x{number} }} }} }}"})
    world.metrics.answered("", "", ["MADE_UP"], 0)

    assert len(figures(world.metrics).keys() - before) == 2  # one code "other", with when it was made


async def test_the_outbox_tells_how_late_it_is_and_what_it_gave_up(world: Workshop) -> None:
    metrics, now = world.metrics, world.clock.now()
    assert metrics

    async def bad(_: Any) -> None:
        raise GiveUp("never")

    async with world.database.write() as session:
        await outbox.send(session, "bad", {}, subject="a", at=now - timedelta(minutes=1))
        await outbox.send(session, "bad", {}, subject="b", at=now + timedelta(days=1))
    late = await outbox.figures(world.database, now=now)
    await outbox.run_once(world.database, {"bad": bad}, world.clock, worker="test", watch=watch_of(world))
    after = await outbox.figures(world.database, now=now)

    assert (late.due, late.oldest_due_seconds, late.dead) == (1, 60, 0)
    assert (after.due, after.oldest_due_seconds, after.dead) == (0, 0, 1)
    assert sample(metrics, "simurgh_outbox_work_seconds_count", kind="bad", outcome="given_up") == 1


async def test_each_process_shows_itself_at_a_port_of_its_own(world: Workshop) -> None:
    metrics = world.metrics
    assert metrics
    port = free_port()
    seen = dataclasses.replace(world, settings=msgspec.structs.replace(world.settings, metrics_port=port))
    async with watching(seen, Stop()), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        await asyncio.sleep(2 * LAG_EVERY_SECONDS)
        shown, ready, live = [await http.get(path) for path in ("/metrics", "/readyz", "/livez")]

    assert "simurgh_outbox_oldest_due_seconds 0.0" in shown.text
    assert 'simurgh_sql_connections{pool="' in shown.text
    assert sample(metrics, "simurgh_loop_lag_seconds_count") >= 1
    assert ready.json() == {"status": "ok", "parts": {"sql": True, "documents": True}}
    assert live.json() == {"status": "ok"}
    with pytest.raises(httpx.ConnectError):
        await httpx.AsyncClient().get(f"http://127.0.0.1:{port}/metrics")


@dataclasses.dataclass
class Collector:
    """What an OTLP collector was sent: spans by name."""

    url: str
    bodies: list[bytes]

    def spans(self) -> list[Any]:
        found = []
        for body in self.bodies:
            request = ExportTraceServiceRequest()
            request.ParseFromString(body)
            found += [span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]
        return found


@contextmanager
def collector() -> Iterator[Collector]:
    """A real collector, over HTTP."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Collector(f"http://127.0.0.1:{server.server_port}/v1/traces", bodies)
        finally:
            server.shutdown()
            thread.join()


async def test_a_trace_holds_the_request_its_statements_and_the_work_after_it_without_values(
    world: Workshop, two_tenants: TwoTenants
) -> None:
    mobile = two_tenants.one.profile_manager.mobile
    assert mobile
    with collector() as collected:
        traces = Traces(collected.url, 1.0, service="test")
        world.database.trace(traces.statement)
        traced = dataclasses.replace(world, traces=traces)
        async with client(traced) as http:
            await ask_for_fleet(traced, two_tenants, http)
            await http.post(
                "/graphql",
                json={
                    "query": "mutation($i: OtpRequestInput!) { otpRequest(input: $i) { __typename } }",
                    "variables": {"i": {"identity": mobile, "channel": "SMS"}},
                },
            )
        async with world.database.read() as session:
            row = (await session.scalars(select(OutboxRow))).one()

        async def handle(_: Any) -> None:
            async with world.database.read() as session:
                await session.scalars(select(OutboxRow))

        await outbox.run_once(world.database, {row.kind: handle}, world.clock, worker="test", watch=watch_of(traced))
        await asyncio.to_thread(traces.close)
        spans = collected.spans()

    by_name = {span.name: span for span in spans}
    request, work = by_name["mutation"], by_name[f"outbox {row.kind}"]
    assert work.trace_id == request.trace_id and work.parent_span_id == request.span_id
    assert [span for span in spans if span.parent_span_id == work.span_id and span.name == "SELECT"]
    fleet = by_name["query Fleet"]
    statements = [span for span in spans if span.parent_span_id == fleet.span_id]
    assert len(statements) >= 4 and all(span.trace_id == fleet.trace_id for span in statements)
    told = b"".join(collected.bodies)
    assert b"db.query.text" in told
    for value in (mobile, two_tenants.one.profile_manager.email, two_tenants.one.profile_manager.name):
        assert str(value).encode() not in told


async def test_a_share_of_nothing_traces_nothing(world: Workshop, two_tenants: TwoTenants) -> None:
    with collector() as collected:
        traces = Traces(collected.url, 0.0, service="test")
        world.database.trace(traces.statement)
        async with client(dataclasses.replace(world, traces=traces)) as http:
            await ask_for_fleet(world, two_tenants, http)
        await asyncio.to_thread(traces.close)

    assert collected.bodies == []
