"""Enums of bills."""

import strawberry

from domain.billing.states import BillDimension, BillLineKind, BillState

strawberry.enum(BillState, description="State of a bill (TMF678).")
strawberry.enum(BillLineKind, description="Kind of a bill line.")
strawberry.enum(BillDimension, description="What a bill's summary is split by.")

__all__ = ["BillDimension", "BillLineKind", "BillState"]
