"""Mail by SMTP, one message to one address."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from domain.notifications.ports import MailMessage, PermanentDeliveryError, TemporaryDeliveryError
from gateways.composing import composed

# Less than the outbox gives a task, so that a hanging server is our failure and not the worker's.
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, how and in whose name: `tls` at once, STARTTLS demanded, or STARTTLS when offered (None)."""

    host: str
    port: int
    sender: str
    tls: bool
    start_tls: bool | None
    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Reads `smtps://user:password@host:port?from=address` (TLS) or `smtp://…` (STARTTLS: demanded with a password, else when offered).

        `&starttls=never` is for a relay on the same machine; `from` may be left out if the user is an address.
        A wrong URL is a `ValueError` that doesn't repeat the password.
        """
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        username = unquote(parts.username) if parts.username else None
        sender = query.get("from", username or "")
        start_tls = {None: None, "always": True, "never": False}.get(query.get("starttls"), "?")
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in sender or isinstance(start_tls, str):
            raise ValueError("a mail server is smtp[s]://user:password@host:port?from=address[&starttls=always|never]")
        tls = parts.scheme == "smtps"
        if start_tls is None and username and not tls:
            start_tls = True
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 587 if start_tls else 25),
            sender=sender,
            tls=tls,
            start_tls=False if tls else start_tls,
            username=username,
            password=unquote(parts.password or "") if username else None,
        )


class SmtpMailer:
    """Hands mail to the SMTP server of a URL (see `SmtpServer.parse`)."""

    def __init__(self, url: str, *, tls_context: ssl.SSLContext | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._server = SmtpServer.parse(url)
        self._tls_context = tls_context or ssl.create_default_context()
        self._timeout = timeout

    async def send(self, message: MailMessage) -> None:
        """Hands over one mail; a recipient or content refused for good (5xx) is permanent, all else may be tried again."""
        server = self._server
        mail = composed(message, server.sender, at=datetime.now(UTC))
        try:
            async with asyncio.timeout(self._timeout):
                await aiosmtplib.send(
                    mail,
                    sender=server.sender,
                    recipients=[message.to],
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    use_tls=server.tls,
                    start_tls=server.start_tls,
                    tls_context=self._tls_context,
                    timeout=self._timeout,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0].code) from error
        except aiosmtplib.SMTPDataError as error:
            raise _refused(error.code) from error
        except aiosmtplib.SMTPResponseException as error:  # greeting, TLS, sign-in, sender: a fault between the servers, not the message's
            raise TemporaryDeliveryError(f"the mail server answers {error.code} ({type(error).__name__})") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TemporaryDeliveryError(f"the mail server can't be used ({type(error).__name__})") from error


def _refused(code: int) -> PermanentDeliveryError | TemporaryDeliveryError:
    kind = PermanentDeliveryError if 500 <= code < 600 else TemporaryDeliveryError
    return kind(f"the mail server answers {code}")
