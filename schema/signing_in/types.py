"""Sessions and who is asking, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from auth.actor import Actor as Asking
from auth.queries import SessionRow
from auth.sessions import Tokens
from domain.accounts import queries as account_queries
from domain.jobs import queries as job_queries
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from schema.approvals.types import Approval, approvals_of_viewer
from schema.engine.fields import batched, itself, plain, rows_of
from schema.jobs import loaders as job_loaders
from schema.jobs.types import Job
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last, Locale
from schema.kernel.looks import note
from schema.kernel.needs import Needs
from schema.kernel.nodes import Found, Node, global_id
from schema.kernel.pages import Connection, CountedConnection
from schema.kernel.rights import Permission
from schema.notifications import loaders as notification_loaders
from schema.notifications.types import Notification, notifications_of_viewer
from schema.people import loaders as people_loaders
from schema.people.actors import Actor
from schema.people.types import Membership, Person
from schema.signing_in import loaders
from schema.tickets import loaders as ticket_loaders
from schema.tickets.queries import tickets_of_viewer
from schema.tickets.types import Ticket

if TYPE_CHECKING:
    from schema.accounts.types import Organization
else:
    Organization = Annotated["Organization", strawberry.lazy("schema.accounts.types")]


@strawberry.type(description="The bearer tokens of a session; shown only here.")
class TokenPair:
    """Served straight from `auth.sessions.Tokens`."""

    access_token: str = strawberry.field(description="JWT for the Authorization header.")
    access_expires_at: datetime = strawberry.field(description="When it dies, 15 minutes at most.")
    refresh_token: str | None = strawberry.field(description="Single-use token for the next pair, null in a support view.")
    refresh_expires_at: datetime | None = strawberry.field(description="When the session dies without refresh.")

    @classmethod
    def of(cls, tokens: Tokens) -> "TokenPair":
        """Shows them, this once."""
        return cast(TokenPair, tokens)


def _is_current(row: SessionRow, context: Context) -> bool:
    """By the access token of this request."""
    return context.asking().session_id == row.id


@strawberry.type(description="One signed-in client.")
class Session(Node):
    """Served from `SessionRow`."""

    id: strawberry.ID = global_id(Kind.SESSION)
    user_agent: str | None = strawberry.field(description="Client's own words.")
    address: str = strawberry.field(description="Network address it last came from.")
    created_at: datetime = strawberry.field(description="When it began.")
    last_used_at: datetime = strawberry.field(description="When it was last used.")
    proven_at: datetime = strawberry.field(description="When identity was last proven.")

    is_type_of = rows_of(SessionRow)

    person: Person = batched(people_loaders.persons, key="person_id", description="Whose.")
    ticket: Ticket | None = batched(
        ticket_loaders.tickets,
        key="ticket_id",
        description="Set in a support view: the ticket it is tied to; such a session can't write.",
        extensions=[Found()],
    )
    is_current: bool = plain(_is_current, description="It is the one asking now.")


def _rights(row: Asking) -> list[Permission]:
    """In the order of the contract."""
    held = row.permissions
    return [permission for permission in Permission if permission in held]


def _locale(row: Asking, context: Context) -> Locale:
    """The chosen one, or the one of this request while none is chosen."""
    return row.locale or context.locale


@strawberry.input(description="Which organizations.")
class OrganizationFilterInput:
    """Null is any."""

    is_overdue: bool | None = strawberry.field(default=None, description="With overdue bills only: the debtors.")


@strawberry.type(description="Who is asking, and what they may see and do.")
class Viewer:
    """Served from the request's `auth.actor.Actor`."""

    ref: Actor = strawberry.field(name="actor", description="The asking person and token.")
    permissions: list[Permission] = plain(_rights, description="Rights held anywhere in scope, at most one of each.")
    memberships: list[Membership] = batched(loaders.memberships_held, key=itself, description="Roles held now, at most 50.")
    sessions: list[Session] = batched(loaders.open_sessions, key=itself, description="Open sessions of this person, at most 50.")
    session: Session | None = batched(loaders.sessions, key="session_id", description="This session, null with an API token.")
    has_totp: bool = strawberry.field(description="An authenticator is set up.")
    locale: Locale = plain(_locale, description="Language of texts.")
    notifications: Connection[Notification] = strawberry.field(resolver=notifications_of_viewer, description="Feed of notices.")
    unread_count: int = batched(notification_loaders.unread_counts, key=itself, description="Unread notices.")

    @strawberry.field(description="Organizations in scope; across all customers for support.")
    async def organizations(
        self,
        info: Info,
        filter: Annotated[OrganizationFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        search: Annotated[str | None, strawberry.argument(description="Part of a name, legal id or number.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[Organization]:
        """By name. Support finds every customer here and sees nothing below without a view."""
        scope = info.context.scope_of_first(Permission.ACCOUNT_READ, Permission.SUPPORT_VIEW)
        window, overdue = Window.of(first, after, last, before), filter.is_overdue if filter else None
        if overdue is not None:
            scope = info.context.scope(Permission.BILL_READ)
        found = await CountedConnection[Organization].read(
            info.context,
            lambda session: account_queries.organizations_page(session, scope, search=search, is_overdue=overdue, window=window),
            lambda session: account_queries.organizations_count(session, scope, search=search, is_overdue=overdue),
        )
        if scope.permission is not Permission.SUPPORT_VIEW:  # support finding a customer sees no data of theirs
            note(info.context.looks, scope, None, found)
        return found

    @strawberry.field(description="Jobs this actor started, newest first.")
    async def jobs(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> CountedConnection[Job]:
        """One page."""
        scope, window = job_loaders.own(info.context), Window.of(first, after, last, before)
        return await CountedConnection[Job].read(
            info.context,
            lambda session: job_queries.jobs_page(session, scope, window=window),
            lambda session: job_queries.jobs_count(session, scope),
        )

    approvals: CountedConnection[Approval] | None = strawberry.field(
        resolver=approvals_of_viewer,
        description="Approvals waiting for this person",
        extensions=[Needs(Permission.APPROVAL_DECIDE)],
    )
    tickets: CountedConnection[Ticket] | None = strawberry.field(
        resolver=tickets_of_viewer,
        description="Tickets in scope; across all customers for support",
        extensions=[Needs(Permission.TICKET_READ)],
    )
