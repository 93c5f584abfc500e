"""Opening tickets and answering them (MI-44, SF-07, SF-48)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.queries import top_account
from domain.accounts.service import next_number
from domain.audit.writing import Result, Work
from domain.files import uploads
from domain.files.tables import Purpose
from domain.kernel.calendar import JalaliDay
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from domain.tickets import notices, rules, threads
from domain.tickets.desk import DESK
from domain.tickets.rules import Side
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket, TicketFile


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
    upload_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class ReplyToTicket:
    """A message, a move, an assignee, or several of them at once."""

    ticket_id: UUID
    text: str | None = None
    state: TicketState | None = None
    assignee_id: UUID | None = None
    upload_ids: Sequence[UUID] = ()


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
    path, side, state = about.path if about else top.path, rules.side_of(work.scope.actor), TicketState.ACKNOWLEDGED
    department = DESK.department(about.ref.kind if about else None).name
    year = JalaliDay.of(work.at).year
    number = f"TK-{year}-{await next_number(work.sql, wanted.organization_id, f'TK-{year}'):05}"
    ticket = Ticket(
        id=uuid7(), organization_id=wanted.organization_id, number=number, path=path, title=title,
        search=rules.search_text(number, title, department, text), department=department, state=state, state_since=work.at,
        priority=wanted.priority, about_kind=about.ref.kind.value if about else None, about_id=about.ref.id if about else None,
        by=work.scope.actor.as_json(), opened_at=work.at,
        due_at=rules.due_at(side, None, state, wanted.priority, department=department, due=None, is_spoken=True, at=work.at),
    )  # fmt: skip
    work.sql.add(ticket)
    await work.sql.flush()
    work.within(ticket.organization_id, path, ticket.id, *([about.ref.id] if about else []))
    work.changed(None, title, "state", None, state)
    work.changed(None, title, "priority", None, wanted.priority)
    work.changed(None, title, "messages", None, rules.excerpt(text))
    files = await _attach(work, ticket, wanted.upload_ids, None)
    await notices.tell_opened(work, ticket)
    return {"ticket": ticket.id, "message": await threads.say(work, ticket.organization_id, ticket.id, text, files)}


async def ticket_reply(work: Work, wanted: ReplyToTicket) -> Result:
    """Adds a message, files, moves a ticket or gives it to somebody: `ticket`, and the `message` if there is one.

    Raises `NotFound`, `InvalidInput`, `StateConflict` for a move that isn't this side's, `NotEligible` for a company that assigns.
    """
    text = rules.words(wanted.text, rules.LONGEST_TEXT, "text") if wanted.text is not None else None
    if text is None and not wanted.upload_ids and wanted.state is None and wanted.assignee_id is None:
        raise InvalidInput("ticket.nothing", field=("text",))
    ticket = await _locked(work, wanted.ticket_id)
    if ticket is None:
        raise NotFound(field=("ticketId",))
    work.within(ticket.organization_id, ticket.path, ticket.id)
    side, is_spoken = rules.side_of(work.scope.actor), text is not None or bool(wanted.upload_ids)
    before = TicketState(ticket.state)
    after = rules.moved(side, before, ticket.closes_at, work.at, wanted=wanted.state, is_spoken=is_spoken)
    if wanted.assignee_id is not None:
        await _assign(work, ticket, side, wanted.assignee_id)
    _move(work, ticket, side, after, is_spoken=is_spoken)
    await notices.tell(work, ticket, side, has_moved=after is not before, is_spoken=is_spoken)
    if text is not None:
        ticket.search = rules.searched(ticket.search, text)
        work.changed(Ref(Kind.TICKET, ticket.id), ticket.number, "messages", None, rules.excerpt(text))
    files = await _attach(work, ticket, wanted.upload_ids, Ref(Kind.TICKET, ticket.id))
    message = await threads.say(work, ticket.organization_id, ticket.id, text or "", files) if is_spoken else None
    return {"ticket": ticket.id, "message": message}


async def ticket_close(work: Work, ticket_id: UUID) -> Result:
    """Closes an answered ticket whose time is over: `ticket`; one that has moved on meanwhile stays as it is."""
    ticket = await _locked(work, ticket_id)
    side = rules.side_of(work.scope.actor)
    if ticket is None or TicketState.CLOSED not in rules.next_states(side, TicketState(ticket.state), ticket.closes_at, work.at):
        return {"ticket": ticket_id}
    work.within(ticket.organization_id, ticket.path, ticket.id)
    _move(work, ticket, side, TicketState.CLOSED, is_spoken=False)
    await notices.tell(work, ticket, side, has_moved=True, is_spoken=False)
    return {"ticket": ticket_id}


async def _locked(work: Work, ticket_id: UUID) -> Ticket | None:
    """A ticket in scope, until the transaction ends."""
    statement = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    return (await work.sql.scalars(work.scope.limit(statement, col(Ticket.organization_id), col(Ticket.path)))).one_or_none()


def _move(work: Work, ticket: Ticket, side: Side, after: TicketState, *, is_spoken: bool) -> None:
    """Brings a ticket into a state, with all that hangs on it; staying where it is may still ask for a new answer."""
    before = TicketState(ticket.state)
    if after is not before:
        ticket.state, ticket.state_since = after, work.at
        work.changed(Ref(Kind.TICKET, ticket.id), ticket.number, "state", before, after)
    ticket.closes_at = rules.closes_at(before, after, closes=ticket.closes_at, at=work.at)
    priority, department = TicketPriority(ticket.priority), ticket.department
    ticket.due_at = rules.due_at(side, before, after, priority, department=department, due=ticket.due_at, is_spoken=is_spoken, at=work.at)


async def _attach(work: Work, ticket: Ticket, upload_ids: Sequence[UUID], subject: Ref | None) -> list[UUID]:
    """Takes the writer's uploads for good, as files of the next message."""
    if len(upload_ids) > rules.MOST_FILES:
        raise InvalidInput("error.too_many", field=("uploadIds",), most=rules.MOST_FILES)
    organization_id = ticket.organization_id
    files = await uploads.claim(work.sql, work.scope, upload_ids, Purpose.ATTACHMENT, organization_id=organization_id, field="uploadIds")
    for file in files:
        work.sql.add(TicketFile(file_id=file.id, ticket_id=ticket.id))
        work.changed(subject, ticket.title if subject is None else ticket.number, "messages.attachments", None, file.file_name)
    return [file.id for file in files]


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
