"""The development inbox: mail and SMS kept as files instead of sent, newest first, for the page, the CLI and tests.

A message is one file `<time>_<id>.eml` or `.json` in the folder; several processes may write and read it at once.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from itertools import islice
from pathlib import Path
from typing import cast
from uuid import UUID

from domain.kernel.errors import InvalidInput
from domain.kernel.identifiers import Channel, parse_identity
from domain.notifications.ports import Attachment, MailMessage, SmsMessage
from gateways.composing import composed

KEPT = 500
SENDER = "noreply@simurgh.example"
_TIME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """One kept message as a person reads it; `subject` is null for SMS."""

    id: UUID
    channel: Channel
    to: str
    subject: str | None
    text: str
    at: datetime
    attachments: Sequence[Attachment] = ()


class Inbox:
    """A folder of messages that holds the newest `kept` ones."""

    def __init__(self, folder: Path, *, kept: int = KEPT) -> None:
        self.folder = folder
        self._kept = kept

    def keep(self, message: MailMessage | SmsMessage) -> None:
        """Keeps a message; one with an id that is there already is the same message and changes nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if next(self.folder.glob(f"*_{message.id}.*"), None):
            return
        at = datetime.now(UTC)
        if isinstance(message, MailMessage):
            content, suffix = composed(message, SENDER, at=at).as_bytes(policy=default), "eml"
        else:
            content, suffix = json.dumps({"to": message.to, "text": message.text}, ensure_ascii=False).encode(), "json"
        file = self.folder / f"{at.strftime(_TIME)}_{message.id}.{suffix}"
        # Readers never see half a message, nor two writers each other's: the name appears with the whole content.
        unfinished = self.folder / f".{os.getpid()}_{message.id}"
        unfinished.write_bytes(content)
        unfinished.rename(file)
        for old in self._files()[self._kept :]:
            old.unlink(missing_ok=True)

    def messages(self, to: str | None = None, *, most: int = KEPT) -> list[InboxMessage]:
        """The newest messages first, of one mobile number or address in any spelling if given."""
        wanted = None if to is None else _address(to)
        return list(islice((message for message in self._read() if wanted in (None, _address(message.to))), most))

    def message(self, id: UUID) -> InboxMessage | None:
        """One message, or None if it isn't there (any more)."""
        file = next(self.folder.glob(f"*_{id}.*"), None)
        return _open(file) if file else None

    def _files(self) -> list[Path]:
        return sorted((*self.folder.glob("*_*.eml"), *self.folder.glob("*_*.json")), key=lambda file: file.name, reverse=True)

    def _read(self) -> Iterator[InboxMessage]:
        return (message for file in self._files() if (message := _open(file)))


class InboxMailer:
    """The mailer of development: everything lands in the inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def send(self, message: MailMessage) -> None:
        """Keeps the mail."""
        await asyncio.to_thread(self._inbox.keep, message)


class InboxSms:
    """The SMS gateway of development: everything lands in the inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def send(self, message: SmsMessage) -> None:
        """Keeps the SMS."""
        await asyncio.to_thread(self._inbox.keep, message)


def _address(typed: str) -> str:
    try:
        return parse_identity(typed).address
    except InvalidInput:
        return typed


def _open(file: Path) -> InboxMessage | None:
    stamp, _, name = file.stem.partition("_")
    try:
        at, id, content = datetime.strptime(stamp, _TIME).replace(tzinfo=UTC), UUID(name), file.read_bytes()
    except (FileNotFoundError, ValueError):  # pushed out meanwhile, or not ours
        return None
    if file.suffix == ".json":
        sms = json.loads(content)
        return InboxMessage(id, Channel.SMS, sms["to"], None, sms["text"], at)
    mail = message_from_bytes(content, policy=default)
    body = mail.get_body(("plain",))
    text = body.get_content().replace("\r\n", "\n").rstrip("\n") if body else ""
    attachments = [
        Attachment(part.get_filename() or "attachment", part.get_content_type(), cast(bytes, part.get_payload(decode=True)))
        for part in mail.iter_attachments()
    ]
    return InboxMessage(id, Channel.EMAIL, mail["To"], mail["Subject"], text, at, attachments)
