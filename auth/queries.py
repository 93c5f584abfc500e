"""How sessions and tokens are read; their secrets never are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlmodel import col

from auth.tables import ApiToken, SignInSession
from domain.accounts.tables import Account
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.reading import By, page
from domain.tickets.tables import Ticket, TicketState
from store.session import Session

MOST_SESSIONS = 50
MOST_VIEWS = 10


class SessionRow(msgspec.Struct, frozen=True):
    """A signed-in client; with a ticket it is a support view."""

    id: UUID
    person_id: UUID
    user_agent: str | None
    address: str
    created_at: datetime
    last_used_at: datetime
    proven_at: datetime
    ticket_id: UUID | None


class ApiTokenRow(msgspec.Struct, frozen=True):
    """A key for programs, as its list shows it."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    name: str
    prefix: str
    permissions: list[str]
    networks: list[str]
    by: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_SESSION: tuple[Any, ...] = tuple(getattr(SignInSession, name) for name in SessionRow.__struct_fields__)
_TOKEN: tuple[Any, ...] = tuple(getattr(ApiToken, name) for name in ApiTokenRow.__struct_fields__)


async def open_sessions(session: Session, person_id: UUID, *, at: datetime) -> list[SessionRow]:
    """A person's open sessions, newest first, at most 50."""
    statement = select(*_SESSION).where(col(SignInSession.person_id) == person_id, _is_open(at))
    rows = await session.execute(statement.order_by(col(SignInSession.created_at).desc(), col(SignInSession.id)).limit(MOST_SESSIONS))
    return [SessionRow(*row) for row in rows]


async def sessions(session: Session, person_id: UUID, ids: Sequence[UUID]) -> Mapping[UUID, SessionRow]:
    """A person's own sessions by id, ended ones included."""
    statement = select(*_SESSION).where(col(SignInSession.person_id) == person_id, col(SignInSession.id).in_(ids))
    return {row.id: SessionRow(*row) for row in await session.execute(statement)}


async def support_views(session: Session, organization_ids: Sequence[UUID], *, at: datetime) -> Mapping[UUID, list[SessionRow]]:
    """Support views open now by organization, newest first, at most 10 each; for whoever sees the organization."""
    statement = (
        select(col(SignInSession.organization_id).label("viewed_id"), *_SESSION)
        .join(Ticket, col(Ticket.id) == SignInSession.ticket_id)
        .where(col(SignInSession.organization_id).in_(organization_ids), _is_open(at), col(Ticket.state) != TicketState.CLOSED)
        .order_by(col(SignInSession.created_at).desc(), col(SignInSession.id))
    )
    found: dict[UUID, list[SessionRow]] = {id: [] for id in organization_ids}
    for viewed_id, *row in await session.execute(statement):
        if len(found[viewed_id]) < MOST_VIEWS:
            found[viewed_id].append(SessionRow(*row))
    return found


async def api_tokens_seen(
    session: Session, scope: Scope | None, ids: Sequence[UUID], *, own_id: UUID | None = None
) -> list[ApiTokenRow | None]:
    """Tokens in the order asked: those in scope (null scope: none), and the one that asks itself."""
    statement = select(*_TOKEN).where(col(ApiToken.id).in_(ids))
    if scope is not None:
        statement = _tokens(scope, *_TOKEN).where(col(ApiToken.id).in_(ids))
    found = {row.id: ApiTokenRow(*row) for row in await session.execute(statement)}
    return [found.get(id) if scope is not None or id == own_id else None for id in ids]


async def api_tokens_page(session: Session, scope: Scope, organization_id: UUID, window: Window) -> Page[ApiTokenRow]:
    """An organization's tokens in scope, newest first, dead ones included."""
    statement = _tokens(scope, *_TOKEN).where(col(ApiToken.organization_id) == organization_id)
    order = [By(col(ApiToken.created_at), is_descending=True), By(col(ApiToken.id), is_descending=True)]
    rows = await page(session, statement, window, order, name="api_tokens")
    return rows.map(lambda row: ApiTokenRow(*row[: len(_TOKEN)]))


async def api_tokens_count(session: Session, scope: Scope, organization_id: UUID) -> int:
    """How many rows all those pages have."""
    statement = _tokens(scope, func.count()).where(col(ApiToken.organization_id) == organization_id)
    return int((await session.execute(statement)).scalar_one())


def _is_open(at: datetime) -> ColumnElement[bool]:
    return and_(col(SignInSession.revoked_at).is_(None), col(SignInSession.expires_at) > at)


def _tokens(scope: Scope, *columns: Any) -> Select[Any]:
    statement = select(*columns).select_from(ApiToken).join(Account, col(Account.id) == ApiToken.account_id)
    return scope.limit(statement, col(ApiToken.organization_id), col(Account.path))
