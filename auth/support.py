"""`supportSessionOpen`: a read-only, masked view of one customer for support, tied to a ticket and to a clock."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from auth import access_tokens, rules
from auth.access_tokens import AccessClaims
from auth.actor import Actor
from auth.sessions import Client, Tokens
from auth.tables import SignInSession
from auth.wiring import Auth
from domain.audit import chain
from domain.kernel.errors import InvalidInput, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import Change
from domain.tickets.tables import Ticket, TicketState
from store.session import Session

SHORTEST_REASON = 5
LONGEST_REASON = 500


async def support_session_open(auth: Auth, actor: Actor, ticket_id: UUID, reason: str, client: Client, *, at: datetime) -> Tokens:
    """Opens a view of the ticket's organization for 30 minutes or until the ticket closes; leaves an entry in that organization's trail.

    Asked again for the same ticket it goes on with the open view, which isn't prolonged: an access token lives 15 minutes and a view
    has no refresh token.
    Raises `Forbidden` without `support:view`, `NotFound`, `StateConflict` for a closed ticket, `InvalidInput` without a reason.
    """
    scope = actor.scope(Permission.SUPPORT_VIEW, at)
    parent_id = actor.own_session()
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidInput("auth.reason_length", field=("reason",), least=SHORTEST_REASON, most=LONGEST_REASON)
    async with auth.database.write() as session:
        tickets = scope.limit(select(Ticket).where(Ticket.id == ticket_id), col(Ticket.organization_id))
        ticket = (await session.scalars(tickets)).one_or_none()
        if ticket is None:
            raise NotFound(field=("ticketId",))
        if ticket.state == TicketState.CLOSED:
            raise StateConflict("auth.ticket_closed", field=("ticketId",))
        view = await _open_view(session, parent_id, ticket.id, at) or SignInSession(
            id=uuid7(),
            person_id=actor.person_id,
            user_agent=(client.user_agent or "")[:200] or None,
            address=client.address,
            created_at=at,
            last_used_at=at,
            proven_at=actor.proven_at or at,
            expires_at=at + rules.SUPPORT_VIEW_LIFE,
            organization_id=ticket.organization_id,
            ticket_id=ticket.id,
            parent_id=parent_id,
        )
        session.add(view)
        await session.flush()
        opened = Change(Ref(Kind.TICKET, ticket.id), ticket.number, "supportViews", None, actor.ref.label)
        await chain.append(
            session, ticket.organization_id, by=actor.ref, action="supportSessionOpen", at=at, path="",
            changes=[opened], reason=reason, subjects=[view.id],
        )  # fmt: skip
    claims = AccessClaims(actor.person_id, view.id)
    access_token, dies = await access_tokens.issue(auth.keys, auth.issuer, claims, at=at, until=view.expires_at)
    return Tokens(view.id, actor.person_id, access_token, dies)


async def _open_view(session: Session, parent_id: UUID, ticket_id: UUID, at: datetime) -> SignInSession | None:
    views = select(SignInSession).where(SignInSession.parent_id == parent_id, SignInSession.ticket_id == ticket_id)
    alive = views.where(col(SignInSession.revoked_at).is_(None), col(SignInSession.expires_at) > at)
    return (await session.scalars(alive.limit(1))).one_or_none()
