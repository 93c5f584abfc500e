"""Opening tickets and answering them (MI-44, SF-07, SF-48)."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.queries import top_account
from domain.accounts.service import next_number
from domain.audit.writing import Result, Work
from domain.kernel.calendar import JalaliDay
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.text import fold
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from domain.tickets import notices, rules, threads
from domain.tickets.rules import Side
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket


@dataclass(frozen=True, slots=True)
class About:
    """The thing a ticket is about, already found in the opener's scope."""

    ref: Ref
    organization_id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """What the opener says."""

    organization_id: UUID
    title: str
    text: str
    priority: TicketPriority
    about: About | None = None


@dataclass(frozen=True, slots=True)
class ReplyToTicket:
    """A message, a move, an assignee, or several of them at once."""

    ticket_id: UUID
    text: str | None = None
    state: TicketState | None = None
    assignee_id: UUID | None = None


async def ticket_open(work: Work, wanted: OpenTicket) -> Result:
    """Opens a ticket with its first message: `ticket`, and the `message` for `threads.keep_now`.

    Its place in the tree is that of the thing it is about, else the top of what the opener sees. Raises `NotFound`, `InvalidInput`.
    """
    title = rules.words(wanted.title, rules.LONGEST_TITLE, "title")
    text = rules.words(wanted.text, rules.LONGEST_TEXT, "text")
    top = await top_account(work.sql, work.scope, wanted.organization_id)
    if top is None:
        raise NotFound(field=("organizationId",))
    about = wanted.about
    if about is not None and (about.organization_id != wanted.organization_id or not work.scope.covers(about.organization_id, about.path)):
        raise NotFound(field=("aboutId",))
    path, side, state = about.path if about else top.path, _side(work), TicketState.ACKNOWLEDGED
    year = JalaliDay.of(work.at).year
    number = f"TK-{year}-{await next_number(work.sql, wanted.organization_id, f'TK-{year}'):05}"
    ticket = Ticket(
        id=uuid7(), organization_id=wanted.organization_id, number=number, path=path, title=title, search=fold(f"{number} {title}"),
        state=state, state_since=work.at, priority=wanted.priority, about_kind=about.ref.kind.value if about else None,
        about_id=about.ref.id if about else None, by=work.scope.actor.as_json(), opened_at=work.at,
        due_at=rules.due_at(side, None, state, wanted.priority, due=None, is_spoken=True, at=work.at),
    )  # fmt: skip
    work.sql.add(ticket)
    await work.sql.flush()
    work.within(ticket.organization_id, path, ticket.id, *([about.ref.id] if about else []))
    work.changed(None, title, "state", None, state)
    work.changed(None, title, "priority", None, wanted.priority)
    work.changed(None, title, "messages", None, rules.excerpt(text))
    return {"ticket": ticket.id, "message": await threads.say(work, ticket.organization_id, ticket.id, text)}


async def ticket_reply(work: Work, wanted: ReplyToTicket) -> Result:
    """Adds a message, moves a ticket or gives it to somebody: `ticket`, and the `message` if there is one.

    Raises `NotFound`, `InvalidInput`, `StateConflict` for a move that isn't this side's, `NotEligible` for a company that assigns.
    """
    text = rules.words(wanted.text, rules.LONGEST_TEXT, "text") if wanted.text is not None else None
    if text is None and wanted.state is None and wanted.assignee_id is None:
        raise InvalidInput("ticket.nothing", field=("text",))
    statement = select(Ticket).where(Ticket.id == wanted.ticket_id).with_for_update()
    ticket = (await work.sql.scalars(work.scope.limit(statement, col(Ticket.organization_id), col(Ticket.path)))).one_or_none()
    if ticket is None:
        raise NotFound(field=("ticketId",))
    work.within(ticket.organization_id, ticket.path, ticket.id)
    ref, side, is_spoken = Ref(Kind.TICKET, ticket.id), _side(work), text is not None
    before = TicketState(ticket.state)
    after = rules.moved(side, before, ticket.state_since, work.at, wanted=wanted.state, is_spoken=is_spoken)
    if wanted.assignee_id is not None:
        await _assign(work, ticket, side, wanted.assignee_id)
    if after is not before:
        ticket.state, ticket.state_since = after, work.at
        work.changed(ref, ticket.number, "state", before, after)
    priority = TicketPriority(ticket.priority)
    ticket.due_at = rules.due_at(side, before, after, priority, due=ticket.due_at, is_spoken=is_spoken, at=work.at)
    if text is None:
        return {"ticket": ticket.id, "message": None}
    work.changed(ref, ticket.number, "messages", None, rules.excerpt(text))
    await notices.tell_other_side(work, ticket, side)
    return {"ticket": ticket.id, "message": await threads.say(work, ticket.organization_id, ticket.id, text)}


def _side(work: Work) -> Side:
    return Side.OPERATOR if work.scope.actor.is_operator else Side.COMPANY


async def _assign(work: Work, ticket: Ticket, side: Side, person_id: UUID) -> None:
    """Gives a ticket to one of the operator's own people."""
    if side is not Side.OPERATOR:
        raise NotEligible("ticket.assigned_by_operator", field=("assigneeId",))
    staff = (
        select(Person.name)
        .join(Membership, col(Membership.person_id) == Person.id)
        .where(Person.id == person_id, is_held(work.at), col(Membership.role).in_(rules.ASSIGNABLE))
    )
    name = (await work.sql.scalars(staff.limit(1))).one_or_none()
    if name is None:
        raise NotFound(field=("assigneeId",))
    if ticket.assignee_id != person_id:
        had = await work.sql.get(Person, ticket.assignee_id) if ticket.assignee_id else None
        work.changed(Ref(Kind.TICKET, ticket.id), ticket.number, "assignee", had.name if had else None, name)
        ticket.assignee_id = person_id
