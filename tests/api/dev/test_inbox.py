"""The inbox's pages: what they show, and to whom."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.dev import routes
from api.dev.loopback import is_loopback
from domain.notifications.ports import Attachment, MailMessage, SmsMessage
from gateways.inbox import Inbox

PATHS = ["/dev/inbox", "/dev/inbox.json", "/dev/inbox.css"]
Connect = Callable[..., TestClient]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@pytest.fixture
def connect(inbox: Inbox) -> Connect:
    def client(peer: str = "127.0.0.1", host: str = "localhost:8000") -> TestClient:
        return TestClient(Starlette(routes=routes(inbox)), base_url=f"http://{host}", client=(peer, 50000))

    return client


def test_the_json_tells_messages_newest_first(inbox: Inbox, connect: Connect) -> None:
    inbox.keep(SmsMessage(uuid4(), "+989350000412", "رمز 123456"))
    inbox.keep(
        MailMessage(uuid4(), "buyer@example.com", "رسید", "متن", attachments=(Attachment("رسید ۱.pdf", "application/pdf", b"%PDF"),))
    )
    client = connect()

    mail, sms = client.get("/dev/inbox.json").json()["messages"]

    assert (sms["channel"], sms["to"], sms["subject"], sms["text"], sms["attachments"]) == ("SMS", "+989350000412", None, "رمز 123456", [])
    assert (mail["channel"], mail["to"], mail["subject"], mail["text"]) == ("EMAIL", "buyer@example.com", "رسید", "متن")
    assert mail["at"].endswith("Z")
    [attachment] = mail["attachments"]
    download = client.get(attachment["url"])
    assert attachment["fileName"] == "رسید ۱.pdf"
    assert (download.status_code, download.content, download.headers["content-type"]) == (200, b"%PDF", "application/pdf")
    assert download.headers["content-disposition"].startswith("attachment;")


def test_one_recipient_in_any_spelling(inbox: Inbox, connect: Connect) -> None:
    inbox.keep(SmsMessage(uuid4(), "+989350000412", "a"))
    inbox.keep(SmsMessage(uuid4(), "+989350000413", "b"))

    answer = connect().get("/dev/inbox.json", params={"to": "۰۹۳۵۰۰۰۰۴۱۲"}).json()

    assert [message["text"] for message in answer["messages"]] == ["a"]


def test_the_page_is_inert(inbox: Inbox, connect: Connect) -> None:
    inbox.keep(MailMessage(uuid4(), "buyer@example.com", "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>'))

    answer = connect().get("/dev/inbox", params={"to": '"><script>alert(3)</script>'})
    full = connect().get("/dev/inbox")

    assert "<script" not in answer.text + full.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in full.text
    assert "<img" not in full.text
    assert "'unsafe-inline'" not in full.headers["content-security-policy"]
    assert full.headers["content-security-policy"].startswith("default-src 'none'")
    assert "style=" not in full.text
    assert full.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_sees_them(connect: Connect, path: str, host: str, peer: str) -> None:
    assert connect(peer, host).get(path).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("peer", ["192.168.1.7", "10.0.0.1", "8.8.8.8", "fe80::1", "::ffff:10.0.0.1", "testclient"])
def test_other_machines_find_nothing(connect: Connect, path: str, peer: str) -> None:
    assert connect(peer).get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["simurgh.example", "127.0.0.1.simurgh.example", "localhost.simurgh.example:8000", "192.168.1.7:8000", "127.0.0.2"]
)
def test_other_names_find_nothing(connect: Connect, path: str, host: str) -> None:
    assert connect("127.0.0.1", host).get(path).status_code == 404


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_what_was_forwarded_finds_nothing(connect: Connect, header: str) -> None:
    assert connect().get("/dev/inbox.json", headers={header: "127.0.0.1"}).status_code == 404


def test_attachments_are_guarded_alike(inbox: Inbox, connect: Connect) -> None:
    mail = MailMessage(uuid4(), "buyer@example.com", "x", "y", attachments=(Attachment("a.pdf", "application/pdf", b"%PDF"),))
    inbox.keep(mail)

    assert connect("10.0.0.1").get(f"/dev/inbox/{mail.id}/0/a.pdf").status_code == 404
    assert connect().get(f"/dev/inbox/{mail.id}/0/a.pdf").status_code == 200
    assert connect().get(f"/dev/inbox/{mail.id}/1/a.pdf").status_code == 404
    assert connect().get(f"/dev/inbox/{uuid4()}/0/a.pdf").status_code == 404


def test_odd_addresses_are_nobodys() -> None:
    assert not any(map(is_loopback, ["", "localhost", "127.1", "0.0.0.0", "::", "2130706433"]))
