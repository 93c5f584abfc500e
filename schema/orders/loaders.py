"""Batched reads of purchases."""


from domain.files.tables import Purpose
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.orders import queries
from schema.files.seen import SEEN
from schema.kernel.batches import in_scope
from schema.kernel.nodes import FINDERS

orders = in_scope(Permission.ORDER_READ, queries.orders_by_ids)
"""Orders in scope."""
items = in_scope(Permission.ORDER_READ, queries.items_by_ids)
"""Items of orders in scope."""
items_of_orders = in_scope(Permission.ORDER_READ, queries.items_of_orders)
"""All items of orders in scope."""
steps_of_orders = in_scope(Permission.ORDER_READ, queries.steps_of_orders)
"""Steps of orders in scope."""
receipts = in_scope(Permission.ORDER_READ, queries.receipts_by_ids)
"""Receipts of orders in scope."""


FINDERS[Kind.ORDER] = orders
FINDERS[Kind.ORDER_ITEM] = items
SEEN[Purpose.RECEIPT] = (Permission.ORDER_READ, queries.receipts_by_ids)
