"""Who did something, as every record names them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.kernel.scope import SYSTEM, ActorRef
from schema.approvals import loaders as approval_loaders
from schema.engine.fields import batched, plain
from schema.kernel import masks
from schema.kernel.context import Context
from schema.kernel.nodes import Found
from schema.people import loaders as people_loaders
from schema.tickets import loaders as ticket_loaders
from schema.tokens import loaders as token_loaders

if TYPE_CHECKING:
    from schema.approvals.types import Approval
    from schema.people.types import Person
    from schema.tickets.types import Ticket
    from schema.tokens.types import ApiToken
else:
    Approval = Annotated["Approval", strawberry.lazy("schema.approvals.types")]
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

    person: Person | None = batched(
        people_loaders.persons, key="person_id", description="The person, null for the system itself.", extensions=[Found()]
    )
    api_token: ApiToken | None = batched(
        token_loaders.api_tokens, key="api_token_id", description="The API token used.", extensions=[Found()]
    )
    ticket: Ticket | None = batched(
        ticket_loaders.tickets, key="ticket_id", description="The ticket that opened a support view.", extensions=[Found()]
    )
    approval: Approval | None = batched(
        approval_loaders.approvals, key="approval_id", description="The approval that let it pass.", extensions=[Found()]
    )
