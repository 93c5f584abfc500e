"""Enums of people."""

import strawberry

from domain.kernel.permissions import Role

strawberry.enum(Role, description="Roles; only profile and account managers of a company may sign in, and the operator's own people.")

__all__ = ["Role"]
