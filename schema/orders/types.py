"""Purchases, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.orders.queries import OrderItemRow, OrderRow, count_of_many, items_of_many, items_page
from schema.accounts import loaders as account_loaders
from schema.approvals import loaders as approval_loaders
from schema.approvals.types import Approval
from schema.bundles import loaders as bundle_loaders
from schema.bundles.types import Product
from schema.catalogue import loaders as catalogue_loaders
from schema.catalogue.types import ProductOffering
from schema.engine.fields import batched, plain, rows_of
from schema.files.types import Document
from schema.jobs import loaders as job_loaders
from schema.jobs.types import Job
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last, Money, Price
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.outcomes import Problem, failure_of
from schema.kernel.pages import CountedConnection
from schema.orders import loaders
from schema.orders.enums import OrderState
from schema.people.actors import Actor
from schema.sims import loaders as sim_loaders
from schema.wallet import loaders as wallet_loaders
from schema.wallet.types import LedgerTransfer

if TYPE_CHECKING:
    from schema.accounts.types import Account
    from schema.sims.types import Sim
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


@strawberry.type(description="A step of an order.")
class OrderStep:
    """Served from `StepRow`."""

    state: OrderState = strawberry.field(description="State reached.")
    at: datetime = strawberry.field(description="When it happened.")
    by: Actor = strawberry.field(description="Who did it.")


@strawberry.type(description="One target of an order.")
class OrderItem(Node):
    """Served from `OrderItemRow`."""

    id: strawberry.ID = global_id(Kind.ORDER_ITEM)
    state: OrderState = strawberry.field(description="State it is in now.")
    price: Price = strawberry.field(description="Price.")

    is_type_of = rows_of(OrderItemRow)

    offering: ProductOffering = batched(catalogue_loaders.offerings, key="offering_id", description="What was bought.")
    sim: Sim = batched(sim_loaders.sims_named, key="sim_id", description="For which line or head.")
    product: Product | None = batched(bundle_loaders.products, key="product_id", description="What it became.")
    failure: Problem | None = plain(failure_of, description="Why it failed.")


def _receipt_emails(row: OrderRow, context: Context) -> list[str]:
    """The buyer's address first."""
    return [masks.email(context, email) or "" for email in row.receipt_emails]


@strawberry.type(description="A purchase (TMF622).")
class Order(Node):
    """Served from `OrderRow`; items, steps and the receipt are read in batches."""

    id: strawberry.ID = global_id(Kind.ORDER)
    number: str = strawberry.field(description="Human reference.")
    external_reference: str | None = strawberry.field(description="The client's own reference.")
    state: OrderState = strawberry.field(description="State it is in now.")
    placed_by: Actor = strawberry.field(description="Buyer.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    price: Price = strawberry.field(description="What it cost, failed lines included.")
    refunded: Money = strawberry.field(description="Given back for failed or cancelled lines.")
    purchase_order_number: str | None = strawberry.field(description="Purchase order number.")
    memo: str | None = strawberry.field(description="Buyer's note.")

    is_type_of = rows_of(OrderRow)

    account: Account = batched(account_loaders.accounts_named, key="account_id", description="Account that pays.")

    @strawberry.field(description="One row per line and target.")
    async def items(
        row: strawberry.Parent[OrderRow],
        info: Info,
        states: Annotated[list[OrderState] | None, strawberry.argument(description="States wanted.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[OrderItem]:
        """In the order in which they were asked for."""
        window = Window.of(first, after, last, before)
        if row.job_id is not None:
            scope = info.context.scope(Permission.ORDER_READ)
            return await CountedConnection[OrderItem].read(
                info.context,
                lambda session: items_of_many(session, scope, row, window, states),
                lambda session: count_of_many(session, scope, row, states),
            )
        placed = await info.context.load(loaders.items_of_orders, row.id)
        rows = [item for item in placed if states is None or item.state in states]

        async def count() -> int:
            return len(rows)

        return CountedConnection[OrderItem].of(items_page(rows, window), count)

    timeline: list[OrderStep] = batched(loaders.steps_of_orders, key="id", description="Steps so far, at most 20.")
    receipt: Document | None = batched(loaders.receipts, key="receipt_file_id", description="Receipt, once placed.")
    receipt_emails: list[str] = plain(_receipt_emails, description="Where the receipt was mailed, masked for support, at most 5.")
    approval: Approval | None = batched(
        approval_loaders.approvals_of_subjects, key=("organization_id", "id"), description="Approval it waits or waited for."
    )
    job: Job | None = batched(job_loaders.jobs, key="job_id", description="Background run, for many targets.")
    transfers: list[LedgerTransfer] = batched(
        wallet_loaders.transfers_of_causes,
        key=("organization_id", "id"),
        description="Movements of money, refunds included, at most 100.",
        extensions=[Needs(Permission.WALLET_READ)],
    )
