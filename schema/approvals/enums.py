"""Enums of approvals."""

import strawberry

from domain.approvals.tables import ApprovalState
from domain.kernel.plan import ApprovalReason

strawberry.enum(ApprovalReason, description="Why an approval is needed.")
strawberry.enum(ApprovalState, description="State of an approval.")

__all__ = ["ApprovalReason", "ApprovalState"]
