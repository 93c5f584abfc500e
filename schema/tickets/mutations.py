"""Opening and answering tickets."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.audit.writing import Done
from domain.kernel.errors import AccessError, NotFound
from domain.kernel.ids import Kind, decode, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.tickets import service, threads
from domain.tickets.service import About, OpenTicket, ReplyToTicket
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.nodes import find
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem
from schema.tickets import loaders
from schema.tickets.enums import TicketPriority, TicketState
from schema.tickets.types import Ticket


@planned_input("Input of `ticketOpen`.")
class TicketOpenInput:
    """What the opener says."""

    organization_id: strawberry.ID = strawberry.field(description="Whose.")
    title: str = strawberry.field(description="Subject.")
    text: str = strawberry.field(description="First message.")
    priority: TicketPriority = strawberry.field(default=TicketPriority.MEDIUM, description="Urgency.")
    about_id: strawberry.ID | None = strawberry.field(default=None, description="What it is about.")
    upload_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Uploaded files, at most 10.")

    async def to_request(self, info: Info) -> OpenTicket:
        """The domain's request, with the thing it is about found in the viewer's scope."""
        organization_id = decode_as(Kind.ORGANIZATION, self.organization_id, "organizationId")
        about = await _about(info, self.about_id) if self.about_id else None
        return OpenTicket(organization_id, self.title, self.text, self.priority, about, _uploads(self.upload_ids))


@planned_input("Input of `ticketReply`.")
class TicketReplyInput:
    """A message, a move, an assignee, or several of them at once."""

    ticket_id: strawberry.ID = strawberry.field(description="Ticket.")
    text: str | None = strawberry.field(default=None, description="Message; null only moves it.")
    upload_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Uploaded files, at most 10.")
    state: TicketState | None = strawberry.field(default=None, description="One of its next states.")
    assignee_id: strawberry.ID | None = strawberry.field(default=None, description="Who works on it; operator only.")

    def to_request(self) -> ReplyToTicket:
        """The domain's request."""
        assignee_id = decode_as(Kind.PERSON, self.assignee_id, "assigneeId") if self.assignee_id else None
        ticket_id = decode_as(Kind.TICKET, self.ticket_id, "ticketId")
        return ReplyToTicket(ticket_id, self.text, self.state, assignee_id, _uploads(self.upload_ids))


@strawberry.type(description="What `ticketOpen` did.")
class TicketOpenPayload(Planned):
    """The plan, and the ticket once it exists."""

    ticket: Ticket | None = strawberry.field(description="The ticket.")


@strawberry.type(description="What `ticketReply` did.")
class TicketReplyPayload(Planned):
    """The plan, and the ticket as it is now."""

    ticket: Ticket = strawberry.field(description="The ticket.")


TicketOpenResult = Annotated[
    TicketOpenPayload | PlanStale | Problem, strawberry.union("TicketOpenResult", description="Outcome of `ticketOpen`.")
]
TicketReplyResult = Annotated[
    TicketReplyPayload | PlanStale | Problem, strawberry.union("TicketReplyResult", description="Outcome of `ticketReply`.")
]


@strawberry.type
class TicketsMutation:
    """Both sides use the same two."""

    @strawberry.mutation(description="Opens a ticket.", extensions=[Needs(Permission.TICKET_WRITE)])
    async def ticket_open(self, info: Info, scope: Scope, input: Requested[TicketOpenInput]) -> TicketOpenResult:
        """In PLAN there is no ticket yet."""
        wanted = await input.to_request(info)
        done = await info.context.write(info, scope, input, lambda work: service.ticket_open(work, wanted))
        ticket = await _spoken(info, done, done.result["ticket"]) if done.result else None
        return TicketOpenPayload(plan=Plan.of(done.plan), ticket=ticket)

    @strawberry.mutation(description="Adds a message and may move the ticket on.", extensions=[Needs(Permission.TICKET_WRITE)])
    async def ticket_reply(self, info: Info, scope: Scope, input: Requested[TicketReplyInput]) -> TicketReplyResult:
        """In PLAN the ticket is shown as it still is."""
        wanted = input.to_request()
        done = await info.context.write(info, scope, input, lambda work: service.ticket_reply(work, wanted))
        return TicketReplyPayload(plan=Plan.of(done.plan), ticket=await _spoken(info, done, wanted.ticket_id))


async def _spoken(info: Info, done: Done, ticket_id: UUID) -> Ticket:
    """The ticket after a write, its new message in place."""
    if done.result and done.result["message"]:
        await threads.keep_now(done.result["message"])
    return cast(Ticket, await info.context.load(loaders.tickets, ticket_id))


def _uploads(ids: list[strawberry.ID] | None) -> list[UUID]:
    return [decode_as(Kind.UPLOAD, id, "uploadIds") for id in ids or ()]


async def _about(info: Info, id: str) -> About:
    """The thing with this id, when the viewer sees it and it belongs to somebody."""
    try:
        ref = decode(id)
        row = await find(info.context, ref)
    except (NotFound, AccessError):
        row = None
    if row is None or getattr(row, "organization_id", None) is None or getattr(row, "path", None) is None:
        raise NotFound(field=("aboutId",))
    return About(ref, row.organization_id, row.path)
