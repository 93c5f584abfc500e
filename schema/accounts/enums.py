"""Enums of accounts."""

import strawberry

from domain.accounts.tables import AccountKind, PaymentMode

strawberry.enum(AccountKind, description="Place of an account in the tree.")
strawberry.enum(PaymentMode, description="How usage is paid.")

__all__ = ["AccountKind", "PaymentMode"]
