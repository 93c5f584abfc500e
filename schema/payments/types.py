"""Payments and voucher batches, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.payments.queries import PaymentRow, VoucherBatchRow
from domain.payments.tables import PaymentState as State
from schema.billing import loaders as billing_loaders
from schema.catalogue.enums import ActivationMode
from schema.engine.fields import batched, plain, rows_of
from schema.files.seen import documents
from schema.files.types import Document
from schema.kernel.context import Context
from schema.kernel.figures import Money
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.outcomes import Problem, failure_of
from schema.kernel.scalars import URL
from schema.payments import loaders
from schema.payments.enums import PaymentMethod, PaymentState
from schema.people.actors import Actor
from schema.wallet import loaders as wallet_loaders

if TYPE_CHECKING:
    from schema.billing.types import Bill
    from schema.wallet.types import LedgerTransfer, Wallet
else:
    Bill = Annotated["Bill", strawberry.lazy("schema.billing.types")]
    LedgerTransfer = Annotated["LedgerTransfer", strawberry.lazy("schema.wallet.types")]
    Wallet = Annotated["Wallet", strawberry.lazy("schema.wallet.types")]


def _redirect_url(row: PaymentRow, context: Context) -> URL | None:
    """Our own link, which leads on to the gateway's page; nobody who only looks is sent to pay."""
    if row.state is not State.CREATED or row.token is None or context.asking().is_read_only:
        return None
    return URL(f"{context.parts.settings.public_url}/payments/{row.token}")


@strawberry.type(description="Money on its way in or back (TMF676).")
class Payment(Node):
    """Served from `PaymentRow`."""

    id: strawberry.ID = global_id(Kind.PAYMENT)
    number: str = strawberry.field(description="Human reference.")
    state: PaymentState = strawberry.field(description="State it is in now.")
    method: PaymentMethod = strawberry.field(description="Way it is paid.")
    amount: Money = strawberry.field(description="Amount that moves.")
    by: Actor = strawberry.field(description="Who did it.")
    created_at: datetime = strawberry.field(description="When it was begun.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    external_reference: str | None = strawberry.field(description="Reference at the gateway or bank.")

    is_type_of = rows_of(PaymentRow)

    wallet: Wallet | None = batched(
        wallet_loaders.wallets, key="wallet_id", description="Wallet it goes to, null when it pays a bill."
    )
    bill: Bill | None = batched(
        billing_loaders.bills, key="bill_id", description="Bill it pays.", extensions=[Needs(Permission.BILL_READ)]
    )
    refund_of: "Payment | None" = batched(loaders.payments, key="refund_of_id", description="Payment given back by this one.")
    redirect_url: URL | None = plain(_redirect_url, description="Pay page to open while CREATED.")
    picture: Document | None = batched(documents, key="file_id", description="Picture of the slip or cheque.")
    failure: Problem | None = plain(failure_of, description="Why it failed.")
    transfer: LedgerTransfer | None = batched(wallet_loaders.transfers, key="transfer_id", description="Money booked by it.")


@strawberry.type(description="Vouchers made together.")
class VoucherBatch(Node):
    """Served from `VoucherBatchRow`; codes are never shown again."""

    id: strawberry.ID = global_id(Kind.VOUCHER_BATCH)
    created_at: datetime = strawberry.field(description="When it was made.")
    count: int = strawberry.field(description="How many.")
    amount: Money = strawberry.field(description="Worth of each.")
    activation: ActivationMode = strawberry.field(description="When they become valid.")
    valid_months: int = strawberry.field(description="Months valid from activation.")
    redeemed_count: int = strawberry.field(description="Used ones.")

    is_type_of = rows_of(VoucherBatchRow)
