"""Enums of payments."""

import strawberry

from domain.payments.tables import PaymentMethod, PaymentState

strawberry.enum(PaymentState, description="State of a payment.")
strawberry.enum(PaymentMethod, description="How money comes in.")

__all__ = ["PaymentMethod", "PaymentState"]
