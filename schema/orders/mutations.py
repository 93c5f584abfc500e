"""Buying, buying again at the end, and mailing a receipt again."""

from typing import Annotated, cast

import strawberry

from domain.audit.writing import Done
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.orders import held, renewing, service
from domain.orders.filling import ORDER, fill_request
from schema.approvals.failures import BudgetExceeded
from schema.bundles.loaders import products
from schema.bundles.types import Product
from schema.kernel.context import Info
from schema.kernel.inputs import Requested
from schema.kernel.needs import Needs
from schema.kernel.outcomes import IdempotencyConflict, InsufficientFunds, Plan, Planned, PlanStale, Problem, RowsRejected
from schema.orders import loaders
from schema.orders.inputs import OrderCancelInput, OrderPlaceInput, OrderReceiptSendInput, ProductUpdateInput
from schema.orders.types import Order


@strawberry.type(description="What `orderPlace` did.")
class OrderPlacePayload(Planned):
    """The plan and the order."""

    order: Order | None = strawberry.field(description="The order.")


@strawberry.type(description="What `orderCancel` did.")
class OrderCancelPayload(Planned):
    """The plan and the order."""

    order: Order = strawberry.field(description="The order.")


@strawberry.type(description="What `orderReceiptSend` did.")
class OrderReceiptSendPayload(Planned):
    """The plan and the order."""

    order: Order = strawberry.field(description="The order.")


@strawberry.type(description="What `productUpdate` did.")
class ProductUpdatePayload(Planned):
    """The plan and the product."""

    product: Product = strawberry.field(description="The product.")


OrderPlaceResult = Annotated[
    OrderPlacePayload | InsufficientFunds | BudgetExceeded | RowsRejected | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("OrderPlaceResult", description="Outcome of `orderPlace`."),
]
OrderCancelResult = Annotated[
    OrderCancelPayload | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("OrderCancelResult", description="Outcome of `orderCancel`."),
]
OrderReceiptSendResult = Annotated[
    OrderReceiptSendPayload | PlanStale | Problem,
    strawberry.union("OrderReceiptSendResult", description="Outcome of `orderReceiptSend`."),
]
ProductUpdateResult = Annotated[
    ProductUpdatePayload | PlanStale | Problem,
    strawberry.union("ProductUpdateResult", description="Outcome of `productUpdate`."),
]


async def _order(info: Info, done: Done) -> Order | None:
    """The order that was placed, as it is now; none in PLAN, nor for a buyer who may not see orders."""
    actor = info.context.actor
    if not done.result or actor is None or Permission.ORDER_READ not in actor.permissions:
        return None
    return cast(Order | None, await info.context.load(loaders.orders, done.result["order"]))


@strawberry.type
class OrdersMutation:
    """What can be done with purchases."""

    @strawberry.mutation(
        description="Sells offerings for lines from an account's wallet; failed lines are refunded; "
        "over an amount band or budget the order is HELD for approval.",
        extensions=[Needs(Permission.ORDER_PLACE)],
    )
    async def order_place(self, info: Info, scope: Scope, input: Requested[OrderPlaceInput]) -> OrderPlaceResult:
        """The network and the receipt follow after commit; what is for more than 100 cards is filled by a job."""
        selection = input.to_selection()
        few = selection.few
        request = input.to_request(info.context.locale, few)
        if few is None:
            done = await info.context.write_many(info, scope, input, ORDER, fill_request(request), selection)
        else:
            done = await info.context.write(info, scope, input, lambda work: service.place(work, request))
        return OrderPlacePayload(plan=Plan.of(done.plan), order=await _order(info, done))

    @strawberry.mutation(
        description="Withdraws what the carrier hasn't begun, and gives the money back.", extensions=[Needs(Permission.ORDER_PLACE)]
    )
    async def order_cancel(self, info: Info, scope: Scope, input: Requested[OrderCancelInput]) -> OrderCancelResult:
        """An order that waits for an approval as a whole."""
        order_id = decode_as(Kind.ORDER, input.order_id, "orderId")
        item_ids = None if input.item_ids is None else [decode_as(Kind.ORDER_ITEM, id, "itemIds") for id in input.item_ids]
        done = await info.context.write(info, scope, input, lambda work: held.cancel(work, order_id, item_ids))
        order = await info.context.load(loaders.orders, order_id)
        return OrderCancelPayload(plan=Plan.of(done.plan), order=cast(Order, order))

    @strawberry.mutation(description="Mails the receipt again.", extensions=[Needs(Permission.ORDER_READ)])
    async def order_receipt_send(self, info: Info, scope: Scope, input: Requested[OrderReceiptSendInput]) -> OrderReceiptSendResult:
        """To addresses given here alone."""
        order_id = decode_as(Kind.ORDER, input.order_id, "orderId")
        done = await info.context.write(info, scope, input, lambda work: service.send_receipt(work, order_id, input.emails))
        order = await info.context.load(loaders.orders, order_id)
        return OrderReceiptSendPayload(plan=Plan.of(done.plan), order=cast(Order, order))

    @strawberry.mutation(description="Turns buying again at the end on or off.", extensions=[Needs(Permission.ORDER_PLACE)])
    async def product_update(self, info: Info, scope: Scope, input: Requested[ProductUpdateInput]) -> ProductUpdateResult:
        """By whoever may spend the money of the account that paid."""
        product_id = decode_as(Kind.PRODUCT, input.product_id, "productId")
        done = await info.context.write(info, scope, input, lambda work: renewing.set_renewing(work, product_id, input.is_renewing))
        product = await info.context.load(products, product_id)
        return ProductUpdatePayload(plan=Plan.of(done.plan), product=cast(Product, product))
