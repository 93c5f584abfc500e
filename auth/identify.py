"""Turns the Authorization header of a request into an actor, with the rights of this very moment; one SQL statement.

That statement also tells whether a planned move is due in an organization that the actor reaches: then it is carried out first.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from auth import access_tokens, policy, rules
from auth.actor import Actor, Grant, grants_of, token_grants
from auth.links import Viewer
from auth.tables import ApiToken, Password, SignInSession, Totp
from auth.wiring import Auth
from domain.accounts.tables import Account, Organization
from domain.hierarchy.present import catch_up
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission, Role
from domain.kernel.proof import ProofMethod
from domain.kernel.scope import ActorRef, Reach
from domain.people.tables import Membership, Person
from domain.tickets.tables import Ticket, TicketState
from store.faults import StoreBusy
from store.revisions import EVERYTHING, Place, revision_of
from store.statements import Prepared
from store.types import UtcDateTime

_TOUCHED_EVERY = timedelta(minutes=1)
"""How stale `last_used_at` may be: so rarely a request writes."""
ROLES_KEPT = 2_000
"""Roles at places of which a process knows what they bring."""

_AT: Any = bindparam("at", type_=UtcDateTime)
_HELD = and_(
    col(Membership.person_id) == Person.id,
    col(Membership.valid_from) <= _AT,
    or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) > _AT),
    col(Membership.role) != bindparam("out"),
)


class _Held(msgspec.Struct, frozen=True):
    """A person with one of their memberships, in the order of `_HOLDER`."""

    person_id: UUID
    name: str
    mobile: str | None
    email: str | None
    locale: str | None
    line_changed_at: datetime | None
    role: str
    held_in: UUID | None
    held_path: str | None
    held_before: list[str] | None
    held_group: UUID | None
    due_id: UUID | None
    accounts_revision: int | None
    offerings_revision: int | None


_DUE = aliased(Organization)
_IS_DUE = and_(
    col(_DUE.next_move_at) <= _AT, or_(col(Membership.organization_id).is_(None), col(_DUE.id) == Membership.organization_id)
)
"""An organization that the holder reaches, while a move is due there."""
_HOLDER: tuple[Any, ...] = (
    Person.id, Person.name, Person.mobile, Person.email, Person.locale, Person.line_changed_at,
    Membership.role, Membership.organization_id, Account.path, Account.former_paths, Membership.group_id, _DUE.id,
    revision_of("accounts", col(Membership.organization_id)), revision_of("offerings", EVERYTHING),
)  # fmt: skip


Seen = TypeVar("Seen", bound=_Held)


class _OfSession(_Held, frozen=True):
    """The same behind a session."""

    last_used_at: datetime
    proven_at: datetime
    ticket_id: UUID | None
    viewed_id: UUID | None
    ticket_state: str | None
    totp_of: UUID | None
    password_of: UUID | None


_SEEN_OF_SESSION: tuple[Any, ...] = (
    *_HOLDER, SignInSession.last_used_at, SignInSession.proven_at, SignInSession.ticket_id, SignInSession.organization_id, Ticket.state,
    Totp.person_id, Password.person_id,
)  # fmt: skip
_SESSION = Prepared(
    select(*_SEEN_OF_SESSION)
    .select_from(SignInSession)
    .join(Person, col(Person.id) == SignInSession.person_id)
    .join(Membership, _HELD)
    .outerjoin(Account, col(Account.id) == Membership.account_id)
    .outerjoin(_DUE, _IS_DUE)
    .outerjoin(Ticket, col(Ticket.id) == SignInSession.ticket_id)
    .outerjoin(Totp, and_(col(Totp.person_id) == Person.id, col(Totp.sealed).is_not(None)))
    .outerjoin(Password, col(Password.person_id) == Person.id)
    .where(col(SignInSession.id) == bindparam("session_id"), col(SignInSession.person_id) == bindparam("person_id"))
    .where(col(SignInSession.revoked_at).is_(None), col(SignInSession.expires_at) > _AT)
)


class _OfToken(_Held, frozen=True):
    """The same behind an API token."""

    id: UUID
    token_name: str
    organization_id: UUID
    permissions: list[str]
    networks: list[str]
    last_used_at: datetime | None
    token_path: str
    token_before: list[str]


_TOP = aliased(Account)
_SEEN_OF_TOKEN: tuple[Any, ...] = (
    *_HOLDER, ApiToken.id, ApiToken.name, ApiToken.organization_id, ApiToken.permissions, ApiToken.networks, ApiToken.last_used_at,
    _TOP.path, _TOP.former_paths,
)  # fmt: skip
_TOKEN = (
    select(*_SEEN_OF_TOKEN)
    .select_from(ApiToken)
    .join(_TOP, col(_TOP.id) == ApiToken.account_id)
    .join(Person, col(Person.id) == ApiToken.person_id)
    .join(Membership, _HELD)
    .outerjoin(Account, col(Account.id) == Membership.account_id)
    .outerjoin(_DUE, _IS_DUE)
    .where(col(ApiToken.revoked_at).is_(None), col(ApiToken.expires_at) > _AT)
)
_TOKEN_BY_HASH = Prepared(_TOKEN.where(col(ApiToken.hash) == bindparam("hash")))
_TOKEN_BY_ID = Prepared(_TOKEN.where(col(ApiToken.id) == bindparam("id")))


async def identify(auth: Auth, header: str | None, address: str, *, at: datetime) -> Actor | None:
    """The actor behind `Bearer <access token>` or `Bearer smg_…`; None for no header and for anything that isn't good just now.

    A revoked session, an ended membership, a closed ticket and a foreign network hold at once, on every process.
    """
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    if secret.startswith("smg_"):
        if not rules.is_token_text(secret):
            return None
        return await _token_actor(auth, _TOKEN_BY_HASH, {"hash": hashlib.sha256(secret.encode()).hexdigest()}, address, at)
    claims = await auth.tokens.read(secret, at=at)
    return await _session_actor(auth, claims, at) if claims else None


async def viewer_now(auth: Auth, viewer: Viewer, address: str, *, at: datetime) -> Actor | None:
    """For whom a link was made, with the rights of this very moment; None once the session or token has ended."""
    if viewer.is_token:
        return await _token_actor(auth, _TOKEN_BY_ID, {"id": viewer.id}, address, at)
    return await _session_actor(auth, access_tokens.AccessClaims(viewer.person_id, viewer.id), at)


async def _session_actor(auth: Auth, claims: access_tokens.AccessClaims, at: datetime) -> Actor | None:
    rows = await _seen(auth, _SESSION, _OfSession, at, session_id=claims.session_id, person_id=claims.person_id)
    if not rows:
        return None
    row, grants, ticket_id = rows[0], _held(rows), rows[0].ticket_id
    if ticket_id is not None:
        is_over = row.ticket_state is None or row.ticket_state == TicketState.CLOSED
        if is_over or not any(Permission.SUPPORT_VIEW in grant.permissions for grant in grants):
            return None
        grants = (Grant(policy.READS, Reach(row.viewed_id)),)
    await _touch(auth, SignInSession, claims.session_id, row.last_used_at, at)
    roles = {Role(each.role) for each in rows}
    return Actor(
        ref=ActorRef(row.person_id, row.name, person_id=row.person_id, ticket_id=ticket_id, is_operator=bool(roles & policy.STAFF)),
        grants=grants,
        session_id=claims.session_id,
        proven_at=row.proven_at,
        locale=Locale(row.locale) if row.locale else None,
        is_masked=ticket_id is not None or bool(roles & policy.MASKED),
        is_read_only=ticket_id is not None,
        has_totp=row.totp_of is not None,
        methods=_methods(row, at),
        revisions=_revisions(rows),
    )


async def _token_actor(auth: Auth, statement: Prepared, named: Mapping[str, Any], address: str, at: datetime) -> Actor | None:
    rows = await _seen(auth, statement, _OfToken, at, **named)
    if not rows or not rules.is_inside(address, rows[0].networks):
        return None
    row = rows[0]
    reaches = [Reach(row.organization_id, path) for path in (row.token_path, *row.token_before)]
    grants = token_grants(_held(rows), frozenset(Permission(name) for name in row.permissions), reaches)
    await _touch(auth, ApiToken, row.id, row.last_used_at, at)
    return Actor(
        ref=ActorRef(row.id, f"{row.token_name} ({row.name})", person_id=row.person_id, api_token_id=row.id),
        grants=grants,
        locale=Locale(row.locale) if row.locale else None,
        is_masked=any(Role(each.role) in policy.MASKED for each in rows),
        revisions=_revisions(rows),
    )


async def _seen(auth: Auth, statement: Prepared, kind: type[Seen], at: datetime, **named: Any) -> list[Seen]:
    """The rows behind a header, once what is due by now has moved: places and rights are those of this very instant."""
    async with auth.database.read() as session:
        rows = [kind(*row) for row in await session.rows(statement, at=at, out=auth.out, **named)]
    due = {row.due_id for row in rows if row.due_id is not None}
    if not due:
        return rows
    await catch_up(auth.database, due, at=at)
    return await _seen(auth, statement, kind, at, **named)


def _held(rows: Iterable[_Held]) -> tuple[Grant, ...]:
    held = (_grants(row.role, row.held_in, row.held_path, tuple(row.held_before or ()), row.held_group) for row in rows)
    return tuple(dict.fromkeys(grant for grants in held for grant in grants))


@functools.lru_cache(ROLES_KEPT)
def _grants(
    role: str, organization_id: UUID | None, path: str | None, former_paths: tuple[str, ...], group_id: UUID | None
) -> Sequence[Grant]:
    """The same for the same: what a role brings at a place is the table of roles' alone to say."""
    return grants_of(Role(role), organization_id, path, former_paths, group_id)


def _revisions(rows: Sequence[_Held]) -> Mapping[Place, int]:
    """The revisions that came along; staff reach too many organizations to be told those of each."""
    found: dict[Place, int | None] = {("offerings", EVERYTHING): rows[0].offerings_revision}
    found |= {("accounts", row.held_in): row.accounts_revision for row in rows if row.held_in}
    return {place: revision for place, revision in found.items() if revision is not None}


def _methods(row: _OfSession, at: datetime) -> tuple[ProofMethod, ...]:
    """The ways this person can prove themselves again."""
    ways = (
        (ProofMethod.OTP_SMS, bool(row.mobile) and not rules.is_line_new(row.line_changed_at, at)),
        (ProofMethod.OTP_EMAIL, bool(row.email)),
        (ProofMethod.PASSWORD, row.password_of is not None),
        (ProofMethod.TOTP, row.totp_of is not None),
    )
    return tuple(method for method, is_open in ways if is_open)


async def _touch(auth: Auth, table: type[SignInSession] | type[ApiToken], id: UUID, last: datetime | None, at: datetime) -> None:
    """Notes the use, at most once a minute; a busy store mustn't fail the request over it."""
    if last is not None and at - last < _TOUCHED_EVERY:
        return
    with suppress(StoreBusy):
        async with auth.database.write() as session:
            await session.execute(update(table).where(col(table.id) == id).values(last_used_at=at))
