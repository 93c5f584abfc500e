"""Mail over real SMTP on loopback: what arrives, and how refusals are told apart."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from domain.notifications.ports import Attachment, MailMessage, PermanentDeliveryError, TemporaryDeliveryError
from gateways.mail import SmtpMailer, SmtpServer

ID = UUID("019a0000-0000-7000-8000-000000000001")
FROM = "?from=noreply@simurgh.example"
MAIL = MailMessage(
    ID,
    "buyer@nikazin.example",
    "رسید خرید R-1405-004182",
    "با سلام\nخرید شما ثبت شد.",
    "<p>با سلام</p>",
    (Attachment("رسید.pdf", "application/pdf", b"%PDF-1.7 \x00\xff"),),
)


class Postman:
    """An SMTP server's mind: keeps what it takes, refuses what it is told to."""

    def __init__(self, *, recipient: str = "250 OK", data: str = "250 OK", sender: str = "250 OK") -> None:
        self.recipient, self.data, self.sender = recipient, data, sender
        self.taken: list[Envelope] = []
        self.was_encrypted: list[bool] = []

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope)
        self.was_encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.data


class Serve(Protocol):
    """Starts an SMTP server and tells its address; the options are aiosmtpd's."""

    async def __call__(self, postman: Postman, *, tls: ssl.SSLContext | None = None, **options: Any) -> str: ...


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers = []

    async def start(postman: Postman, *, tls: ssl.SSLContext | None = None, **options: Any) -> str:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(postman, hostname="localhost", loop=loop, **options), "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_tls(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


async def test_a_mail_arrives_whole(serve: Serve) -> None:
    postman = Postman()

    await SmtpMailer(f"smtp://{await serve(postman)}{FROM}").send(MAIL)

    [envelope] = postman.taken
    mail = message_from_bytes(envelope.content, policy=default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("noreply@simurgh.example", ["buyer@nikazin.example"])
    assert mail["Subject"] == MAIL.subject
    assert mail["From"].addresses[0].display_name == "Simurgh"
    assert mail["Message-ID"] == f"<{ID}@simurgh.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == MAIL.text
    assert mail.get_body(("html",)).get_content().strip() == MAIL.html
    [attachment] = mail.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("رسید.pdf", "application/pdf")
    assert attachment.get_content() == MAIL.attachments[0].content


async def test_a_repeated_mail_is_known_as_the_same(serve: Serve) -> None:
    postman = Postman()
    mailer = SmtpMailer(f"smtp://{await serve(postman)}{FROM}")

    await mailer.send(MAIL)
    await mailer.send(MAIL)

    assert len({message_from_bytes(envelope.content, policy=default)["Message-ID"] for envelope in postman.taken}) == 1


@pytest.mark.parametrize(
    ("postman", "expected"),
    [
        (Postman(recipient="550 no such user"), PermanentDeliveryError),
        (Postman(recipient="450 mailbox busy"), TemporaryDeliveryError),
        (Postman(data="554 looks like spam"), PermanentDeliveryError),
        (Postman(data="451 try later"), TemporaryDeliveryError),
        (Postman(sender="550 who are you"), TemporaryDeliveryError),
    ],
    ids=["recipient refused", "recipient busy", "content refused", "content later", "sender refused"],
)
async def test_refusals_for_good_are_told_from_passing_ones(serve: Serve, postman: Postman, expected: type[Exception]) -> None:
    mailer = SmtpMailer(f"smtp://{await serve(postman)}{FROM}")

    with pytest.raises(expected) as refusal:
        await mailer.send(MAIL)

    assert "buyer" not in str(refusal.value)
    assert "R-1405" not in str(refusal.value)


async def test_no_server_is_passing(unused_tcp_port: int) -> None:
    with pytest.raises(TemporaryDeliveryError):
        await SmtpMailer(f"smtp://127.0.0.1:{unused_tcp_port}{FROM}").send(MAIL)


async def test_a_silent_server_is_passing(silent_port: int) -> None:
    with pytest.raises(TemporaryDeliveryError):
        await SmtpMailer(f"smtp://127.0.0.1:{silent_port}{FROM}", timeout=0.3).send(MAIL)


async def test_tls_from_the_start(serve: Serve, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    postman = Postman()
    address = await serve(postman, tls=server_tls)

    await SmtpMailer(f"smtps://{address}{FROM}", tls_context=client_tls).send(MAIL)

    assert postman.was_encrypted == [True]


async def test_starttls_and_sign_in(serve: Serve, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    postman = Postman()

    def sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data == LoginPassword(b"simurgh", b"p@ss:word"))

    address = await serve(postman, tls_context=server_tls, authenticator=sign_in, auth_required=True)
    right = SmtpMailer(f"smtp://simurgh:p%40ss%3Aword@{address}{FROM}", tls_context=client_tls)
    wrong = SmtpMailer(f"smtp://simurgh:wrong@{address}{FROM}", tls_context=client_tls)

    await right.send(MAIL)
    with pytest.raises(TemporaryDeliveryError) as refusal:
        await wrong.send(MAIL)

    assert postman.was_encrypted == [True]
    assert "wrong" not in str(refusal.value)


async def test_a_password_never_goes_over_an_open_line(serve: Serve) -> None:
    tried = []

    def sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        tried.append(data)
        return AuthResult(success=True)

    address = await serve(Postman(), authenticator=sign_in, auth_require_tls=False)

    with pytest.raises(TemporaryDeliveryError):
        await SmtpMailer(f"smtp://simurgh:secret@{address}{FROM}").send(MAIL)

    assert tried == []


async def test_a_foreign_certificate_is_not_trusted(serve: Serve, server_tls: ssl.SSLContext) -> None:
    postman = Postman()
    address = await serve(postman, tls=server_tls)

    with pytest.raises(TemporaryDeliveryError):
        await SmtpMailer(f"smtps://{address}{FROM}").send(MAIL)

    assert postman.taken == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://relay.example?from=a@b.example", SmtpServer("relay.example", 25, "a@b.example", tls=False, start_tls=None)),
        ("smtp://localhost:2525?from=a@b.example&starttls=never", SmtpServer("localhost", 2525, "a@b.example", tls=False, start_tls=False)),
        ("smtp://u:p@relay.example?from=a@b.example", SmtpServer("relay.example", 587, "a@b.example", False, True, "u", "p")),
        ("smtps://u%40x.example:p%2F@relay.example", SmtpServer("relay.example", 465, "u@x.example", True, False, "u@x.example", "p/")),
    ],
)
def test_server_addresses(url: str, server: SmtpServer) -> None:
    assert SmtpServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example",
        "http://u:secret@relay.example?from=a@b.example",
        "smtp://?from=a@b.example",
        "smtp://u:secret@relay.example",
        "smtp://relay.example?from=a@b.example&starttls=perhaps",
    ],
)
def test_wrong_server_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="a mail server is") as refusal:
        SmtpServer.parse(url)

    assert "secret" not in str(refusal.value)
