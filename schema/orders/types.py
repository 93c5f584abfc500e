"""Purchases, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.orders.queries import OrderItemRow, OrderRow, StepRow, items_page
from schema.accounts import loaders as account_loaders
from schema.bundles import loaders as bundle_loaders
from schema.bundles.types import Product
from schema.catalogue import loaders as catalogue_loaders
from schema.catalogue.types import ProductOffering
from schema.engine.fields import rows_of
from schema.files.types import Document
from schema.kernel import masks
from schema.kernel.actors import Actor
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last, Money, Price
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.outcomes import Problem
from schema.kernel.pages import CountedConnection
from schema.orders import loaders
from schema.orders.enums import OrderState
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

    @strawberry.field(description="What was bought.")
    async def offering(self, info: Info) -> ProductOffering:
        """Read together with all others."""
        return cast(ProductOffering, await info.context.load(catalogue_loaders.offerings, _item(self).offering_id))

    @strawberry.field(description="For which line or head.")
    async def sim(self, info: Info) -> Sim:
        """Read together with all others."""
        return cast(Sim, await info.context.load(sim_loaders.sims, _item(self).sim_id))

    @strawberry.field(description="What it became.")
    async def product(self, info: Info) -> Product | None:
        """Null until the network has done it."""
        id = _item(self).product_id
        return cast(Product, await info.context.load(bundle_loaders.products, id)) if id else None

    @strawberry.field(description="Why it failed.")
    def failure(self, info: Info) -> Problem | None:
        """In the viewer's language."""
        reason = _item(self).failure
        return Problem.of(reason, info) if reason else None


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

    @strawberry.field(description="Account that pays.")
    async def account(self, info: Info) -> Account:
        """Read together with all others."""
        return cast(Account, await info.context.load(account_loaders.accounts, _row(self).account_id))

    @strawberry.field(description="One row per line and target.")
    async def items(
        self,
        info: Info,
        states: Annotated[list[OrderState] | None, strawberry.argument(description="States wanted.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[OrderItem]:
        """In the order in which they were asked for."""
        window = Window.of(first, after, last, before)
        rows = [row for row in await info.context.load(loaders.items_of_orders, _row(self).id) if states is None or row.state in states]

        async def count() -> int:
            return len(rows)

        return cast(CountedConnection[OrderItem], CountedConnection[OrderItem].of(items_page(rows, window), count))

    @strawberry.field(description="Steps so far, at most 20.")
    async def timeline(self, info: Info) -> list[OrderStep]:
        """Oldest first."""
        steps: list[StepRow] = await info.context.load(loaders.steps_of_orders, _row(self).id)
        return cast(list[OrderStep], steps)

    @strawberry.field(description="Receipt, once placed.")
    async def receipt(self, info: Info) -> Document | None:
        """Null for the moment until it is made."""
        id = _row(self).receipt_file_id
        return cast(Document, await info.context.load(loaders.receipts, id)) if id else None

    @strawberry.field(description="Where the receipt was mailed, masked for support, at most 5.")
    def receipt_emails(self, info: Info) -> list[str]:
        """The buyer's address first."""
        return [masks.email(info.context, email) or "" for email in _row(self).receipt_emails]

    @strawberry.field(description="Movements of money, refunds included, at most 100.", extensions=[Needs(Permission.WALLET_READ)])
    async def transfers(self, info: Info, scope: Scope) -> list[LedgerTransfer]:
        """One for each item, and one for each given back."""
        return cast(list[LedgerTransfer], await info.context.load(wallet_loaders.transfers_of_causes, _row(self).id))


def _row(order: Order) -> OrderRow:
    """The source of an order's resolvers."""
    return cast(OrderRow, order)


def _item(item: OrderItem) -> OrderItemRow:
    """The source of an item's resolvers."""
    return cast(OrderItemRow, item)
