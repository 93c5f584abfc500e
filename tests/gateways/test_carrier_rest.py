"""The carrier's REST interface against a real HTTP server on loopback: what is sent, and which answers mean what."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from domain.catalogue.tables import ActivationMode
from domain.orders.ports import Allowance, CarrierAnswer, CarrierSilent, Outcome, Provision
from domain.sims.ports import NetworkRefused, NetworkSilent
from domain.sims.states import Barring, SimStatus
from gateways.carrier_rest import RestCarrier

ID = UUID("019a0000-0000-7000-8000-000000000005")
ITEM = Provision(
    ID, "SO-1405-000001", "+989350000400", "8998350000000000011", "DATA10", [Allowance("DATA", 10_000_000_000)], ActivationMode.LATER,
    datetime(2026, 11, 25, 8, 30, tzinfo=UTC),
)  # fmt: skip


class Carrier(ThreadingHTTPServer):
    """Answers every request with one status and body, and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 201
        self.answer: Any = {"id": "77", "state": "acknowledged"}
        self.got: list[tuple[str, str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://token-1@127.0.0.1:{self.server_address[1]}/tmf/v4"


class Handler(BaseHTTPRequestHandler):
    server: Carrier

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.got.append((self.command, self.path, dict(self.headers), json.loads(sent) if sent else None))
        body = self.server.answer if isinstance(self.server.answer, bytes) else json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    server = Carrier()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest_asyncio.fixture
async def network(carrier: Carrier) -> AsyncIterator[RestCarrier]:
    opened = RestCarrier(carrier.url, timeout=5)
    yield opened
    await opened.close()


async def test_an_item_is_a_product_order(carrier: Carrier, network: RestCarrier) -> None:
    answer = await network.provision(ITEM)

    ((method, path, headers, body),) = carrier.got
    assert answer == CarrierAnswer(Outcome.ACCEPTED)
    assert (method, path) == ("POST", "/tmf/v4/productOrder")
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer token-1", str(ID))
    assert (body["externalId"], body["description"], body["requestedStartDate"]) == (str(ID), "SO-1405-000001", "2026-11-25T08:30:00+00:00")
    (line,) = body["productOrderItem"]
    assert (line["action"], line["productOffering"]) == ("add", {"id": "DATA10"})
    assert {each["name"]: each["value"] for each in line["product"]["productCharacteristic"]} == {
        "msisdn": "+989350000400", "iccid": "8998350000000000011", "activation": "LATER", "allowance.DATA": 10_000_000_000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("acknowledged", Outcome.ACCEPTED),
        ("inProgress", Outcome.ACCEPTED),
        ("pending", Outcome.ACCEPTED),
        ("held", Outcome.ACCEPTED),
        ("completed", Outcome.COMPLETED),
        ("rejected", Outcome.REFUSED),
        ("failed", Outcome.REFUSED),
        ("cancelled", Outcome.REFUSED),
    ],
)
async def test_states_of_an_order(carrier: Carrier, network: RestCarrier, state: str, outcome: Outcome) -> None:
    carrier.status, carrier.answer = 200, [{"id": "77", "state": state, "stateReason": "NO_SUCH_LINE"}]

    answer = await network.progress(ID)

    assert answer == CarrierAnswer(outcome, "NO_SUCH_LINE" if outcome is Outcome.REFUSED else None)
    assert carrier.got[0][:2] == ("GET", f"/tmf/v4/productOrder?externalId={ID}")


async def test_an_order_that_never_arrived(carrier: Carrier, network: RestCarrier) -> None:
    carrier.status, carrier.answer = 200, []

    assert (await network.progress(ID)).outcome is Outcome.UNKNOWN


async def test_an_explicit_refusal(carrier: Carrier, network: RestCarrier) -> None:
    carrier.status, carrier.answer = 422, {"code": "60", "reason": "NO_SUCH_LINE", "message": "…"}

    assert await network.provision(ITEM) == CarrierAnswer(Outcome.REFUSED, "NO_SUCH_LINE")
    with pytest.raises(NetworkRefused, match="NO_SUCH_LINE"):
        await network.set_state(ID, ITEM.iccid, SimStatus.ACTIVE, Barring.NONE)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"code": "1"}),
        (401, {}),
        (404, {}),
        (409, {"code": "9", "reason": "busy"}),
        (422, b"<html>"),
        (422, []),
        (429, {}),
        (500, {}),
        (503, b""),
        (302, {}),
        (200, b"no json"),
        (200, {"state": "partial"}),
        (200, {}),
        (200, "completed"),
    ],
)
async def test_anything_else_concludes_nothing(carrier: Carrier, network: RestCarrier, status: int, answer: Any) -> None:
    carrier.status, carrier.answer = status, answer

    with pytest.raises(CarrierSilent):
        await network.provision(ITEM)
    with pytest.raises(CarrierSilent):
        await network.progress(ID)


async def test_a_lines_state(carrier: Carrier, network: RestCarrier) -> None:
    await network.set_state(ID, ITEM.iccid, SimStatus.BLOCKED, Barring.OUTGOING)

    ((method, path, headers, body),) = carrier.got
    assert (method, path, headers["Idempotency-Key"]) == ("PATCH", f"/tmf/v4/resource/{ITEM.iccid}", str(ID))
    assert body == {"administrativeState": "locked", "resourceCharacteristic": [{"name": "barring", "value": "OUTGOING"}]}
    carrier.status = 500
    with pytest.raises(NetworkSilent):
        await network.set_state(ID, ITEM.iccid, SimStatus.ACTIVE, Barring.NONE)


async def test_a_silent_carrier(silent_port: int) -> None:
    network = RestCarrier(f"http://token-1@127.0.0.1:{silent_port}", timeout=0.1)
    for question in (network.provision(ITEM), network.progress(ID)):
        with pytest.raises(CarrierSilent):
            await question
    with pytest.raises(NetworkSilent):
        await network.set_state(ID, ITEM.iccid, SimStatus.ACTIVE, Barring.NONE)
    await network.close()


@pytest.mark.parametrize("url", ["http://token@carrier.example/tmf", "https://carrier.example/tmf", "ftp://token@x", "https://token@"])
def test_an_unsafe_url_is_refused_without_its_token(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        RestCarrier(url)
    assert "token@carrier.example" not in str(caught.value)
