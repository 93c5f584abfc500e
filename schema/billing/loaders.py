"""Batched reads of bills, their lines and what postpaid accounts have."""

from uuid import UUID

from domain.billing import queries, wording
from domain.billing.queries import BillLineRow, BillRow, BillSumRow, StandingRow
from domain.billing.states import BillDimension
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from schema.catalogue import loaders as catalogue_loaders
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def standings(context: Context, account_ids: list[UUID]) -> list[StandingRow | None]:
    """What postpaid accounts in scope have."""
    scope = context.scope(Permission.BILL_READ)
    async with context.read() as session:
        return await queries.standings(session, scope, account_ids)


async def bills(context: Context, ids: list[UUID]) -> list[BillRow | None]:
    """Bills in scope."""
    scope = context.scope(Permission.BILL_READ)
    async with context.read() as session:
        return await queries.bills_by_ids(session, scope, ids)


async def last_bills(context: Context, accounts: list[tuple[UUID, UUID]]) -> list[BillRow | None]:
    """The last bill of each account in scope, by (organization, account)."""
    scope = context.scope(Permission.BILL_READ)
    async with context.read() as session:
        return await queries.last_bills(session, scope, accounts)


async def lines(context: Context, ids: list[UUID]) -> list[BillLineRow | None]:
    """Lines of bills in scope."""
    scope = context.scope(Permission.BILL_READ)
    async with context.read() as session:
        return await queries.lines_by_ids(session, scope, ids)


async def descriptions(context: Context, rows: list[BillLineRow]) -> list[str]:
    """What each line is for, in the viewer's language."""
    ids = list({row.offering_id for row in rows if row.offering_id})
    found = await context.loaders.load_many(catalogue_loaders.offerings, ids)
    names = {id: offering.name for id, offering in zip(ids, found, strict=True) if offering}
    return [wording.description(row, names.get(row.offering_id) if row.offering_id else None, context.locale) for row in rows]


async def summaries(context: Context, keys: list[tuple[BillRow, BillDimension]]) -> list[list[BillSumRow]]:
    """What bills in view come to, split by a dimension."""
    scope = context.scope(Permission.BILL_READ)
    async with context.read() as session:
        return [await queries.summary(session, scope, bill, by) for bill, by in keys]


async def labels(context: Context, rows: list[BillSumRow]) -> list[str]:
    """What each sum is for, in the viewer's language."""
    return [wording.label(row, context.locale) for row in rows]


FINDERS[Kind.BILL] = bills
FINDERS[Kind.BILL_LINE] = lines
