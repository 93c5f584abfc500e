"""Who is asking."""

from typing import cast

import strawberry

from domain.kernel.errors import Unauthenticated
from schema.kernel.context import Info
from schema.signing_in.types import Viewer


@strawberry.type
class SigningInQuery:
    """The viewer."""

    @strawberry.field(description="Who is asking; null when nobody is signed in.")
    def viewer(self, info: Info) -> Viewer | None:
        """The actor of this request; a token that isn't good any more is told so rather than taken for nobody."""
        if info.context.has_dead_token:
            raise Unauthenticated
        return cast(Viewer | None, info.context.actor)
