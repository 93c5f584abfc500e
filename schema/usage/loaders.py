"""Batched reads of usage records.

Records of several cards can't be read together (each card's newest stand in its own part of the index), so these take one read a card,
side by side, and refuse more than a handful of cards: usage is for a card's own page, not for a list of cards.
"""

import asyncio
from uuid import UUID

from domain.billing.explaining import booked_by
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Kind
from domain.kernel.paging import Page, Window
from domain.kernel.permissions import Permission
from domain.usage import queries
from domain.usage.queries import UsageFilter, UsageRecordRow
from domain.wallet.queries import LedgerTransferRow
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS
from schema.wallet import loaders as wallet_loaders

MOST_CARDS = 10
Card = tuple[UUID, UUID]
"""Organization and SIM card."""


def _check(cards: set[Card]) -> None:
    if len(cards) > MOST_CARDS:
        raise InvalidInput("usage.on_lists", most=MOST_CARDS)


async def recent(context: Context, cards: list[Card]) -> list[list[UsageRecordRow] | BaseException]:
    """The last 15 records of each card, newest first; a fault is kept as that, for a lost store takes its time to be found lost."""
    scope = context.scope(Permission.USAGE_READ)
    _check(set(cards))
    return await asyncio.gather(*(queries.recent(scope, *card) for card in cards), return_exceptions=True)


async def pages(context: Context, keys: list[tuple[Card, UsageFilter, Window]]) -> list[Page[UsageRecordRow]]:
    """One page of each card's records."""
    scope = context.scope(Permission.USAGE_READ)
    _check({card for card, _, _ in keys})
    return await asyncio.gather(
        *(
            queries.usage_page(scope, organization_id, sim_id=sim_id, filter=filter, window=window)
            for (organization_id, sim_id), filter, window in keys
        )
    )


async def records(context: Context, ids: list[UUID]) -> list[UsageRecordRow | None]:
    """Records in scope."""
    return await queries.usage_by_ids(context.scope(Permission.USAGE_READ), ids)


async def bookings(context: Context, rows: list[UsageRecordRow]) -> list[LedgerTransferRow | None]:
    """The movement of money that each record went into with its bill; null before, and out of scope."""
    async with context.read() as session:
        ids = await booked_by(session, rows)
    wanted = list(dict.fromkeys(id for id in ids if id))
    found = dict(zip(wanted, await context.loaders.load_many(wallet_loaders.transfers, wanted), strict=True)) if wanted else {}
    return [found.get(id) if id else None for id in ids]


FINDERS[Kind.USAGE_RECORD] = records
