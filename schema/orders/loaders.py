"""Batched reads of purchases."""

from uuid import UUID

from domain.files.queries import DocumentRow
from domain.files.tables import Purpose
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.orders import queries
from domain.orders.queries import OrderItemRow, OrderRow, StepRow
from schema.files.seen import SEEN
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def orders(context: Context, ids: list[UUID]) -> list[OrderRow | None]:
    """Orders in scope."""
    scope = context.scope(Permission.ORDER_READ)
    async with context.read() as session:
        return await queries.orders_by_ids(session, scope, ids)


async def items(context: Context, ids: list[UUID]) -> list[OrderItemRow | None]:
    """Items of orders in scope."""
    scope = context.scope(Permission.ORDER_READ)
    async with context.read() as session:
        return await queries.items_by_ids(session, scope, ids)


async def items_of_orders(context: Context, order_ids: list[UUID]) -> list[list[OrderItemRow]]:
    """All items of orders in scope."""
    scope = context.scope(Permission.ORDER_READ)
    async with context.read() as session:
        return await queries.items_of_orders(session, scope, order_ids)


async def steps_of_orders(context: Context, order_ids: list[UUID]) -> list[list[StepRow]]:
    """Steps of orders in scope."""
    scope = context.scope(Permission.ORDER_READ)
    async with context.read() as session:
        return await queries.steps_of_orders(session, scope, order_ids)


async def receipts(context: Context, file_ids: list[UUID]) -> list[DocumentRow | None]:
    """Receipts of orders in scope."""
    scope = context.scope(Permission.ORDER_READ)
    async with context.read() as session:
        return await queries.receipts_by_ids(session, scope, file_ids)


FINDERS[Kind.ORDER] = orders
FINDERS[Kind.ORDER_ITEM] = items
SEEN[Purpose.RECEIPT] = (Permission.ORDER_READ, queries.receipts_by_ids)
