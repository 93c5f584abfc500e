"""Payments of a wallet and voucher batches."""

from typing import Annotated

import strawberry

from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.payments import queries
from domain.wallet.queries import WalletRow
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.needs import Needs
from schema.kernel.pages import CountedConnection
from schema.payments.enums import PaymentState
from schema.payments.types import Payment, VoucherBatch


async def payments_of_wallet(
    row: strawberry.Parent[WalletRow],
    info: Info,
    scope: Scope,
    states: Annotated[list[PaymentState] | None, strawberry.argument(description="States.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Payment]:
    """One keyset page."""
    window, place = Window.of(first, after, last, before), (row.organization_id, row.id)
    return await CountedConnection[Payment].read(
        info.context,
        lambda session: queries.payments_page(session, scope, *place, window=window, states=states),
        lambda session: queries.payments_count(session, scope, *place, states=states),
    )


@strawberry.type
class PaymentsQuery:
    """Vouchers."""

    @strawberry.field(description="Voucher batches.", extensions=[Needs(Permission.VOUCHER_ISSUE)])
    async def voucher_batches(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> CountedConnection[VoucherBatch] | None:
        """Newest first."""
        window = Window.of(first, after, last, before)
        return await CountedConnection[VoucherBatch].read(
            info.context, lambda session: queries.batches_page(session, window), queries.batches_count
        )
