"""Enums of the ledger."""

import strawberry

from domain.wallet.tables import LedgerAccountKind, LedgerReason

strawberry.enum(LedgerAccountKind, description="Kind of a ledger account.")
strawberry.enum(LedgerReason, description="Why money moved.")

__all__ = ["LedgerAccountKind", "LedgerReason"]
