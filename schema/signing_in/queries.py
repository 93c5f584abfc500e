"""Who is asking."""

from typing import cast

import strawberry

from schema.kernel.context import Info
from schema.signing_in.types import Viewer


@strawberry.type
class SigningInQuery:
    """The viewer."""

    @strawberry.field(description="Who is asking; null when nobody is signed in.")
    def viewer(self, info: Info) -> Viewer | None:
        """The actor of this request."""
        return cast(Viewer | None, info.context.actor)
