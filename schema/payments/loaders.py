"""Batched reads of payments and voucher batches."""

from uuid import UUID

from domain.files.tables import Purpose
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.payments import queries
from domain.payments.queries import VoucherBatchRow
from schema.files.seen import SEEN
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS

payments = in_scope(Permission.WALLET_READ, queries.payments_by_ids)
"""Payments in scope."""


async def voucher_batches(context: Context, ids: list[UUID]) -> list[VoucherBatchRow | None]:
    """Voucher batches, for whoever issues them."""
    context.scope(Permission.VOUCHER_ISSUE)
    async with context.read() as session:
        return await queries.batches_by_ids(session, ids)


FINDERS[Kind.PAYMENT] = payments
FINDERS[Kind.VOUCHER_BATCH] = voucher_batches
SEEN[Purpose.SLIP] = (Permission.WALLET_READ, queries.slips_by_ids)
