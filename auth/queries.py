"""How sessions and tokens are read; their secrets never are."""

from collections.abc import Sequence
from datetime import datetime
from itertools import starmap
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, select
from sqlmodel import col

from auth.tables import ApiToken, SignInSession
from domain.accounts.tables import Account
from domain.kernel.batches import grouped, in_order
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.reading import By, Limits, count, page, shaped
from domain.tickets.tables import Ticket, TicketState
from store.session import Session
from store.statements import Prepared, among
from store.types import UtcDateTime

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


_AT: Any = bindparam("at", type_=UtcDateTime)
_IS_OPEN = and_(col(SignInSession.revoked_at).is_(None), col(SignInSession.expires_at) > _AT)
_OWN = select(*_SESSION).where(col(SignInSession.person_id) == bindparam("person_id"))
_NEWEST = (col(SignInSession.created_at).desc(), col(SignInSession.id))
_OPEN_SESSIONS = Prepared(_OWN.where(_IS_OPEN).order_by(*_NEWEST).limit(MOST_SESSIONS))
_SESSIONS = Prepared(_OWN.where(among(col(SignInSession.id), "ids")))
_VIEWS = Prepared(
    select(col(SignInSession.organization_id), *_SESSION)
    .join(Ticket, col(Ticket.id) == SignInSession.ticket_id)
    .where(among(col(SignInSession.organization_id), "organization_ids"), _IS_OPEN, col(Ticket.state) != TicketState.CLOSED)
    .order_by(*_NEWEST)
)


async def open_sessions(session: Session, person_id: UUID, *, at: datetime) -> list[SessionRow]:
    """A person's open sessions, newest first, at most 50."""
    return [SessionRow(*row) for row in await session.rows(_OPEN_SESSIONS, person_id=person_id, at=at)]


async def sessions(session: Session, person_id: UUID, ids: Sequence[UUID]) -> list[SessionRow | None]:
    """A person's own sessions in the order asked, ended ones included, null for those of others."""
    return in_order(ids, starmap(SessionRow, await session.rows(_SESSIONS, person_id=person_id, ids=ids)))


async def support_views(session: Session, organization_ids: Sequence[UUID], *, at: datetime) -> list[list[SessionRow]]:
    """Support views of each organization open now, newest first, at most 10 each; for whoever sees the organization."""
    rows = await session.rows(_VIEWS, organization_ids=organization_ids, at=at)
    return grouped(organization_ids, ((row[0], SessionRow(*row[1:])) for row in rows), most=MOST_VIEWS)


_TOKENS_BY_IDS = Prepared(select(*_TOKEN).where(among(col(ApiToken.id), "ids")))
_LAST_MADE = (By(col(ApiToken.created_at), is_descending=True), By(col(ApiToken.id), is_descending=True))


@shaped
def _tokens(scope: Limits, condition: str) -> Select[Any]:
    named = {"ids": among(col(ApiToken.id), "ids"), "organization_id": col(ApiToken.organization_id) == bindparam("organization_id")}
    statement = select(*_TOKEN).join(Account, col(Account.id) == ApiToken.account_id).where(named[condition])
    return scope.limit(statement, col(ApiToken.organization_id), col(Account.path))


def _token(row: Any) -> ApiTokenRow:
    return ApiTokenRow(*row[: len(_TOKEN)])


async def api_tokens_seen(
    session: Session, scope: Scope | None, ids: Sequence[UUID], *, own_id: UUID | None = None
) -> list[ApiTokenRow | None]:
    """Tokens in the order asked: those in scope (null scope: none), and the one that asks itself."""
    statement = _TOKENS_BY_IDS if scope is None else _tokens(scope, "ids")
    found = {row[0]: _token(row) for row in await session.rows(statement, ids=ids)}
    return [found.get(id) if scope is not None or id == own_id else None for id in ids]


async def api_tokens_page(session: Session, scope: Scope, organization_id: UUID, window: Window) -> Page[ApiTokenRow]:
    """An organization's tokens in scope, newest first, dead ones included."""
    statement = _tokens(scope, "organization_id")(organization_id=organization_id)
    return (await page(session, statement, window, _LAST_MADE, name="api_tokens")).map(_token)


async def api_tokens_count(session: Session, scope: Scope, organization_id: UUID) -> int:
    """How many rows all those pages have."""
    return await count(session, _tokens(scope, "organization_id")(organization_id=organization_id))
