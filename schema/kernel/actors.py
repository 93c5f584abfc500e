"""Who did something, as every record names them."""

from typing import cast

import strawberry

from domain.kernel.scope import SYSTEM, ActorRef
from schema.kernel import masks
from schema.kernel.context import Info


@strawberry.type(description="Who did something: person, token, the ticket behind a support view, the approval behind the act.")
class Actor:
    """Served straight from the domain's `ActorRef`."""

    @strawberry.field(description="Name to show.")
    def label(self, info: Info) -> str:
        """Customers' names are masked for support, the operator's own are not."""
        ref = cast(ActorRef, self)
        return ref.label if ref.is_operator or ref.id == SYSTEM.id else masks.name(info, ref.label) or ""
