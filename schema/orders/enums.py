"""Enums of purchases."""

import strawberry

from domain.orders.tables import OrderState

strawberry.enum(OrderState, description="State of an order and of its items (TMF622).")

__all__ = ["OrderState"]
