"""Enums of usage."""

import strawberry

from domain.usage.documents import UsageDirection

strawberry.enum(UsageDirection, description="Direction of usage.")

__all__ = ["UsageDirection"]
