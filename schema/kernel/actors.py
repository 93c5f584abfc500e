"""Who did something, as every record names them."""

from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.kernel.ids import Kind, Ref
from domain.kernel.scope import SYSTEM, ActorRef
from schema.kernel import masks
from schema.kernel.context import Info
from schema.kernel.nodes import find

if TYPE_CHECKING:
    from schema.people.types import Person
    from schema.tickets.types import Ticket
    from schema.tokens.types import ApiToken
else:
    Person = Annotated["Person", strawberry.lazy("schema.people.types")]
    Ticket = Annotated["Ticket", strawberry.lazy("schema.tickets.types")]
    ApiToken = Annotated["ApiToken", strawberry.lazy("schema.tokens.types")]


@strawberry.type(description="Who did something: person, token, the ticket behind a support view, the approval behind the act.")
class Actor:
    """Served straight from the domain's `ActorRef`."""

    @strawberry.field(description="Name to show.")
    def label(self, info: Info) -> str:
        """Customers' names are masked for support, the operator's own are not."""
        ref = cast(ActorRef, self)
        return ref.label if ref.is_operator or ref.id == SYSTEM.id else masks.name(info.context, ref.label) or ""

    @strawberry.field(description="The person, null for the system itself.")
    async def person(self, info: Info) -> Person | None:
        """When the viewer may see the person."""
        id = cast(ActorRef, self).person_id
        return cast(Person | None, await find(info.context, Ref(Kind.PERSON, id))) if id else None

    @strawberry.field(description="The API token used.")
    async def api_token(self, info: Info) -> ApiToken | None:
        """When the viewer manages the organization's tokens."""
        id = cast(ActorRef, self).api_token_id
        return cast(ApiToken | None, await find(info.context, Ref(Kind.API_TOKEN, id))) if id else None

    @strawberry.field(description="The ticket that opened a support view.")
    async def ticket(self, info: Info) -> Ticket | None:
        """When the viewer may see the ticket."""
        id = cast(ActorRef, self).ticket_id
        return cast(Ticket | None, await find(info.context, Ref(Kind.TICKET, id))) if id else None
