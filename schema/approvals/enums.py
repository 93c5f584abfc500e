"""Enums of approvals."""

import strawberry

from domain.approvals.tables import ApprovalState

strawberry.enum(ApprovalState, description="State of an approval.")

__all__ = ["ApprovalState"]
