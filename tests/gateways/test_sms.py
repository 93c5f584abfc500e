"""SMS over a real HTTP gateway on loopback: what is sent, and how refusals are told apart."""

import json
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from domain.notifications.ports import PermanentDeliveryError, SmsMessage, TemporaryDeliveryError
from gateways.sms import HttpSms

SMS = SmsMessage(UUID("019a0000-0000-7000-8000-000000000002"), "+989350000412", "سیمرغ: رمز یک‌بارمصرف 123456")


class Gateway(ThreadingHTTPServer):
    """Answers every request with one status and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 202
        self.headers: dict[str, str] = {}
        self.got: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://token-1@127.0.0.1:{self.server_address[1]}/v1/messages?from=SIMURGH&route=2"


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gateway() -> Any:
    server = Gateway()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def sms(gateway: Gateway) -> AsyncIterator[HttpSms]:
    adapter = HttpSms(gateway.url, timeout=2)
    yield adapter
    await adapter.close()


async def test_an_sms_is_handed_over_with_its_id(gateway: Gateway, sms: HttpSms) -> None:
    await sms.send(SMS)

    [(path, headers, body)] = gateway.got
    assert path == "/v1/messages?route=2"
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["Idempotency-Key"] == body["id"] == str(SMS.id)
    assert body == {"id": str(SMS.id), "from": "SIMURGH", "to": "+989350000412", "text": SMS.text}


@pytest.mark.parametrize("status", [200, 201, 204, 409])
async def test_taken_once_or_before_is_fine(gateway: Gateway, sms: HttpSms, status: int) -> None:
    gateway.status = status

    await sms.send(SMS)

    assert len(gateway.got) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_refused_message_is_refused_for_good(gateway: Gateway, sms: HttpSms, status: int) -> None:
    gateway.status = status

    with pytest.raises(PermanentDeliveryError) as refusal:
        await sms.send(SMS)

    assert "123456" not in str(refusal.value)


@pytest.mark.parametrize("status", [302, 401, 403, 404, 408, 429, 500, 503])
async def test_other_failures_may_pass(gateway: Gateway, sms: HttpSms, status: int) -> None:
    gateway.status = status
    gateway.headers = {"Retry-After": "30", "Location": gateway.url}

    with pytest.raises(TemporaryDeliveryError) as failure:
        await sms.send(SMS)

    assert failure.value.retry_after == 30
    assert len(gateway.got) == 1


async def test_a_date_in_retry_after_is_left_to_the_backoff(gateway: Gateway, sms: HttpSms) -> None:
    gateway.status, gateway.headers = 503, {"Retry-After": "Mon, 09 Nov 2026 10:00:00 GMT"}

    with pytest.raises(TemporaryDeliveryError) as failure:
        await sms.send(SMS)

    assert failure.value.retry_after is None


async def test_silence_may_pass(silent_port: int) -> None:
    adapter = HttpSms(f"http://token-1@127.0.0.1:{silent_port}/?from=SIMURGH", timeout=0.3)

    with pytest.raises(TemporaryDeliveryError):
        await adapter.send(SMS)

    await adapter.close()


@pytest.mark.parametrize(
    "url",
    ["", "gateway.example", "https://gateway.example/?from=X", "https://secret@gateway.example/", "http://secret@gateway.example/?from=X"],
)
def test_wrong_gateway_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="an SMS gateway is") as refusal:
        HttpSms(url)

    assert "secret" not in str(refusal.value)
