"""Enums of bills."""

import strawberry

from domain.billing.comparison import BillCauseKind
from domain.billing.states import BillDimension, BillLineKind, BillState, DisputeState

strawberry.enum(BillState, description="State of a bill (TMF678).")
strawberry.enum(BillLineKind, description="Kind of a bill line.")
strawberry.enum(BillDimension, description="What a bill's summary is split by.")

strawberry.enum(BillCauseKind, description="Kinds of causes.")
strawberry.enum(DisputeState, description="State of a dispute.")

__all__ = ["BillCauseKind", "BillDimension", "BillLineKind", "BillState", "DisputeState"]
