"""Who did something, as every record names them."""

from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.kernel.ids import Kind, Ref
from domain.kernel.scope import SYSTEM, ActorRef
from schema.engine.fields import plain
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.nodes import find

if TYPE_CHECKING:
    from schema.people.types import Person
    from schema.tickets.types import Ticket
    from schema.tokens.types import ApiToken
else:
    Person = Annotated["Person", strawberry.lazy("schema.people.types")]
    Ticket = Annotated["Ticket", strawberry.lazy("schema.tickets.types")]
    ApiToken = Annotated["ApiToken", strawberry.lazy("schema.tokens.types")]


def _label(ref: ActorRef, context: Context) -> str:
    """Customers' names are masked for support, the operator's own are not."""
    return ref.label if ref.is_operator or ref.id == SYSTEM.id else masks.name(context, ref.label) or ""


@strawberry.type(description="Who did something: person, token, the ticket behind a support view, the approval behind the act.")
class Actor:
    """Served straight from the domain's `ActorRef`."""

    label: str = plain(_label, description="Name to show.")

    @strawberry.field(description="The person, null for the system itself.")
    async def person(row: strawberry.Parent[ActorRef], info: Info) -> Person | None:
        """When the viewer may see the person."""
        return cast(Person | None, await find(info.context, Ref(Kind.PERSON, row.person_id))) if row.person_id else None

    @strawberry.field(description="The API token used.")
    async def api_token(row: strawberry.Parent[ActorRef], info: Info) -> ApiToken | None:
        """When the viewer manages the organization's tokens."""
        return cast(ApiToken | None, await find(info.context, Ref(Kind.API_TOKEN, row.api_token_id))) if row.api_token_id else None

    @strawberry.field(description="The ticket that opened a support view.")
    async def ticket(row: strawberry.Parent[ActorRef], info: Info) -> Ticket | None:
        """When the viewer may see the ticket."""
        return cast(Ticket | None, await find(info.context, Ref(Kind.TICKET, row.ticket_id))) if row.ticket_id else None
