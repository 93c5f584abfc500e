"""Batched reads of bills, their lines and what postpaid accounts have."""

from uuid import UUID

from domain.billing import attached, queries, wording
from domain.billing import lines as bill_lines
from domain.billing.comparing import ComparisonRow, comparison
from domain.billing.rows import BillLineRow, BillRow, BillSumRow
from domain.billing.states import BillDimension
from domain.files.tables import Purpose
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.payments.queries import PaymentRow
from schema.catalogue import loaders as catalogue_loaders
from schema.files.seen import SEEN
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS
from schema.payments import loaders as payment_loaders

standings = in_scope(Permission.BILL_READ, queries.standings)
"""What postpaid accounts in scope have."""
bills = in_scope(Permission.BILL_READ, queries.bills_by_ids)
"""Bills in scope."""
last_bills = in_scope(Permission.BILL_READ, queries.last_bills)
"""The last bill of each account in scope, by (organization, account)."""
previews = in_scope(Permission.BILL_READ, queries.previews)
"""The running cycle of each account in scope."""
lines = in_scope(Permission.BILL_READ, bill_lines.lines_by_ids)
"""Lines of bills in scope."""


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
        return [await bill_lines.summary(session, scope, bill, by) for bill, by in keys]


async def labels(context: Context, rows: list[BillSumRow]) -> list[str]:
    """What each sum is for, in the viewer's language."""
    return [wording.label(row, context.locale) for row in rows]


documents = in_scope(Permission.BILL_READ, attached.documents_of_bills)
"""Files of bills in scope."""


async def payments(context: Context, bill_ids: list[UUID]) -> list[list[PaymentRow]]:
    """Payments for bills in scope, for whoever may see payments, the newest first."""
    async with context.read() as session:
        ids = await attached.payments_of_bills(session, context.scope(Permission.BILL_READ), bill_ids)
    wanted = list({id for of_bill in ids for id in of_bill})
    rows = dict(zip(wanted, await context.loaders.load_many(payment_loaders.payments, wanted), strict=True))
    return [[row for id in of_bill if (row := rows[id])] for of_bill in ids]


disputes = in_scope(Permission.BILL_READ, attached.disputes_by_ids)
"""Disputes of bills in scope."""
disputes_of_bills = in_scope(Permission.BILL_READ, attached.disputes_of_bills)
"""Disputes of bills in scope, the newest first."""
disputed_lines = in_scope(Permission.BILL_READ, attached.lines_of_disputes)
"""The lines of disputes in scope."""


async def comparisons(context: Context, pairs: list[tuple[BillRow, BillRow]]) -> list[ComparisonRow]:
    """Bills of one account, each with another one, and why they differ."""
    context.scope(Permission.BILL_READ)
    async with context.read() as session:
        return [
            await comparison(session, bill, await bill_lines.all_lines(session, bill), other, await bill_lines.all_lines(session, other))
            for bill, other in pairs
        ]


FINDERS[Kind.BILL] = bills
FINDERS[Kind.BILL_DISPUTE] = disputes
FINDERS[Kind.BILL_PREVIEW] = previews
FINDERS[Kind.BILL_LINE] = lines
SEEN[Purpose.BILL] = (Permission.BILL_READ, attached.documents_by_ids)
