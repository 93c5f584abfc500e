"""What the domain asks of the outside world to reach people; adapters stand in `gateways/mail.py` and `gateways/sms.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent along; `media_type` as IANA names it."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class MailMessage:
    """One mail to one address; sending the same `id` again is the same mail (its Message-ID is made of it)."""

    id: UUID
    to: str
    subject: str
    text: str
    html: str | None = None
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One SMS to one number (E.164); sending the same `id` again is the same SMS."""

    id: UUID
    to: str
    text: str


class DeliveryError(Exception):
    """A message was not taken; the text is for operators and never holds the message's words."""


class TemporaryDeliveryError(DeliveryError):
    """It may be taken later: network, timeout, overload, or a fault of our own account there; `retry_after` in seconds if it was told."""

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentDeliveryError(DeliveryError):
    """It will never be taken: unknown recipient, refused content."""


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, message: MailMessage) -> None:
        """Hands a mail to the next server; raises a `DeliveryError` if it isn't taken."""
        ...


class SmsSender(Protocol):
    """Sends SMS."""

    async def send(self, message: SmsMessage) -> None:
        """Hands an SMS to the gateway; raises a `DeliveryError` if it isn't taken."""
        ...
