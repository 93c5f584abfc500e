"""The talk of tickets: written by the outbox for sure and right after commit for speed, read in pages, oldest first."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from pymongo.errors import PyMongoError

from domain.audit.writing import Work
from domain.documents import DOCUMENT_SECONDS, document_page, documents_by_ids
from domain.kernel.batches import in_order
from domain.kernel.ids import uuid7
from domain.kernel.paging import Page, Window
from domain.kernel.scope import ActorRef
from domain.tickets.documents import TicketMessage
from store.outbox import Task

MESSAGE_KIND = "ticket_message"
LOG = structlog.get_logger("tickets")


class TicketMessageRow(msgspec.Struct, frozen=True):
    """A message of a ticket, as it is shown."""

    id: UUID
    organization_id: UUID
    ticket_id: UUID
    at: datetime
    by: ActorRef
    text: str
    files: list[UUID]


def _row(message: TicketMessage) -> TicketMessageRow:
    by = ActorRef.from_json(message.by)
    return TicketMessageRow(message.id, message.organization_id, message.ticket_id, message.at, by, message.text, message.files)


def outbox_key(message_id: UUID) -> str:
    """The key of the outbox's row that brings a message."""
    return f"{MESSAGE_KIND}:{message_id.hex}"


async def say(work: Work, organization_id: UUID, ticket_id: UUID, text: str, files: Sequence[UUID]) -> dict[str, Any]:
    """Puts a message into the transaction's outbox and returns it as `keep` takes it."""
    id = uuid7(int(work.at.timestamp() * 1000))
    message = {
        "id": id.hex, "organization_id": organization_id.hex, "ticket_id": ticket_id.hex,
        "at": work.at.isoformat(), "by": work.scope.actor.as_json(), "text": text,
        "files": [file.hex for file in files],
    }  # fmt: skip
    await work.afterwards(MESSAGE_KIND, message, subject=f"ticket:{ticket_id.hex}", key=outbox_key(id))
    return message


async def keep(message: Mapping[str, Any]) -> None:
    """Writes a message into the talk; once more is no more."""
    at = datetime.fromisoformat(message["at"])
    kept = TicketMessage(
        id=UUID(message["id"]), organization_id=UUID(message["organization_id"]), ticket_id=UUID(message["ticket_id"]),
        at=at.replace(microsecond=at.microsecond // 1000 * 1000), by=message["by"], text=message["text"],
        files=[UUID(file) for file in message["files"]],
    )  # fmt: skip
    await kept.save()


async def deliver(task: Task) -> None:
    """The outbox's handler for kind `ticket_message`."""
    await keep(task.payload)


async def keep_now(message: Mapping[str, Any]) -> None:
    """Writes a committed message at once, so that its writer reads it back; while the document store is away the outbox brings it later."""
    try:
        async with asyncio.timeout(DOCUMENT_SECONDS):
            await keep(message)
    except (PyMongoError, TimeoutError) as error:
        LOG.warning("ticket_message_waits", message=message["id"], error=type(error).__name__)


async def messages_page(organization_id: UUID, ticket_id: UUID, window: Window) -> Page[TicketMessageRow]:
    """A ticket's talk, oldest first, for whoever sees the ticket; raises `Unavailable` while the document store is away."""
    where = {"organization_id": organization_id, "ticket_id": ticket_id}
    return (await document_page(TicketMessage, where, window, name="messages", is_newest_first=False)).map(_row)


async def messages_by_ids(ids: Sequence[UUID]) -> list[TicketMessageRow | None]:
    """Messages in the order asked, null for unknown ones; the caller checks that their tickets are in scope."""
    return in_order(ids, map(_row, await documents_by_ids(TicketMessage, ids)))
