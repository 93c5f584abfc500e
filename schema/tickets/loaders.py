"""Batched reads of tickets and their talk."""

import asyncio
from uuid import UUID

from domain.files.tables import Purpose
from domain.kernel.paging import Page, Window
from domain.kernel.permissions import Permission
from domain.tickets import queries, threads
from domain.tickets.threads import TicketMessageRow
from schema.files.seen import SEEN
from schema.kernel.batches import in_scope
from schema.kernel.context import Context

tickets = in_scope(Permission.TICKET_READ, queries.tickets_by_ids)
"""Tickets in scope."""


async def talk(context: Context, keys: list[tuple[UUID, UUID, Window]]) -> list[Page[TicketMessageRow]]:
    """Pages of the talk of tickets that the viewer sees: organization, ticket, window."""
    return list(await asyncio.gather(*(threads.messages_page(*key) for key in keys)))


async def messages(context: Context, ids: list[UUID]) -> list[TicketMessageRow | None]:
    """Messages of tickets in scope."""
    found = await threads.messages_by_ids(ids)
    seen = await tickets(context, [row.ticket_id for row in found if row])
    allowed = {ticket.id for ticket in seen if ticket}
    return [row if row and row.ticket_id in allowed else None for row in found]


SEEN[Purpose.ATTACHMENT] = (Permission.TICKET_READ, queries.attachments_by_ids)
