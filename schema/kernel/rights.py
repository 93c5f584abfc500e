"""Rights, as a client sees them."""

import strawberry

from domain.kernel.permissions import Permission

strawberry.enum(Permission, description="What a person or token may do.")

__all__ = ["Permission"]
