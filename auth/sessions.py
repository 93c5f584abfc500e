"""Sessions: signing in, changing the refresh token, proving oneself again, signing out."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, update
from sqlmodel import col, select

from auth import access_tokens, passwords, people, rules
from auth.access_tokens import AccessClaims
from auth.actor import Actor
from auth.errors import InvalidSecret, SecondFactorRequired
from auth.passwords import Checked, Given
from auth.proofs import Answer, Proven
from auth.tables import Challenge, ChallengeKind, RefreshToken, SignInSession
from auth.wiring import Auth
from domain.kernel.errors import DomainError, Forbidden, NotEligible, NotFound
from domain.kernel.ids import uuid7
from domain.kernel.proof import ProofMethod
from store.models import rows_changed
from store.session import Session

MOST_REVOKED = 50


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: network address, and the client's own words."""

    address: str
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The bearer tokens of a session, shown once; a support view has no refresh token and dies by itself."""

    session_id: UUID
    person_id: UUID
    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None


async def session_create(auth: Auth, given: Given, client: Client, *, at: datetime) -> Tokens:
    """Signs in with a first proof, a code's or a password, or with the second one asked for.

    Raises `InvalidSecret`, `SecondFactorRequired`, `LimitReached` for a locked identity, `NotEligible` for staff without authenticator.
    """
    checked = await passwords.checked(auth, given, client.address, at=at)
    async with auth.database.write() as session:
        outcome = await _signed_in(auth, session, checked, client, at)
    if isinstance(outcome, DomainError):
        raise outcome
    return await _with_access(auth, outcome, at)


async def session_refresh(auth: Auth, refresh_token: str, client: Client, *, at: datetime) -> Tokens:
    """Changes a refresh token for a new pair; of any number at once exactly one succeeds.

    A used token is refused; presented again more than 10 s after its change it is taken for stolen and ends the session.
    """
    async with auth.database.write() as session:
        outcome = await _refreshed(auth, session, _hash(refresh_token), client, at)
    if isinstance(outcome, DomainError):
        raise outcome
    return await _with_access(auth, outcome, at)


async def session_step_up(auth: Auth, actor: Actor, given: Given, client: Client, *, at: datetime) -> UUID:
    """Proves the acting person again by a challenge or the password of their own, and returns the session."""
    session_id = actor.own_session()
    checked = await passwords.checked(auth, given, client.address, at=at, of=actor.person_id)
    async with auth.database.write() as session:
        outcome = await passwords.proven(auth, session, checked, at=at, of=actor.person_id)
        if isinstance(outcome, Proven):
            await session.execute(update(SignInSession).where(col(SignInSession.id) == session_id).values(proven_at=at))
    if isinstance(outcome, DomainError):
        raise outcome
    return session_id


async def session_revoke(auth: Auth, actor: Actor, session_ids: list[UUID] | None, *, at: datetime) -> list[UUID]:
    """Ends sessions of the acting person, this one when none is named; support views opened out of them end as well.

    A token has no sessions (`Forbidden`); inside a support view only the view itself can be ended.
    """
    current = actor.session()
    wanted = list(dict.fromkeys(session_ids if session_ids is not None else [current]))[:MOST_REVOKED]
    if actor.is_read_only and wanted != [current]:
        raise Forbidden
    async with auth.database.write() as session:
        own = select(SignInSession.id).where(col(SignInSession.id).in_(wanted), col(SignInSession.person_id) == actor.person_id)
        if len((await session.scalars(own)).all()) != len(wanted):
            raise NotFound(field=("sessionIds",))
        await _revoke(session, wanted, at)
    return wanted


async def begin(session: Session, person_id: UUID, client: Client, *, at: datetime) -> tuple[SignInSession, str]:
    """Begins a session of a person who has proven who they are, and makes its first refresh token."""
    row = SignInSession(
        id=uuid7(),
        person_id=person_id,
        user_agent=(client.user_agent or "")[:200] or None,
        address=client.address,
        created_at=at,
        last_used_at=at,
        proven_at=at,
        expires_at=at + rules.REFRESH_LIFE,
    )
    session.add(row)
    await session.flush()
    return row, await _refresh_token(session, row.id, at)


@dataclass(frozen=True, slots=True)
class _Begun:
    session_id: UUID
    person_id: UUID
    refresh_token: str = field(repr=False)


async def _signed_in(auth: Auth, session: Session, given: Answer | Checked, client: Client, at: datetime) -> _Begun | DomainError:
    proven = await passwords.proven(auth, session, given, at=at)
    if isinstance(proven, DomainError):
        return proven
    person = await people.by_id(session, proven.person_id, at, out=auth.out)
    if person is None:  # lost the last role since the code was sent
        return InvalidSecret(0, field=("proof",))
    if person.is_staff and proven.method is ProofMethod.TOTP and not proven.is_second:
        return NotEligible("auth.use_email")
    if person.is_staff and not person.has_totp:
        return NotEligible("auth.totp_required")
    if person.has_totp and proven.method is not ProofMethod.TOTP:
        return SecondFactorRequired(_second_factor(session, proven, at))
    row, refresh_token = await begin(session, person.id, client, at=at)
    return _Begun(row.id, person.id, refresh_token)


def _second_factor(session: Session, first: Proven, at: datetime) -> rules.Asked:
    challenge = Challenge(
        id=uuid7(),
        kind=ChallengeKind.SECOND_FACTOR,
        identity=first.identity,
        person_id=first.person_id,
        channel=first.channel,
        code_hash="",
        created_at=at,
        expires_at=at + rules.SECOND_FACTOR_LIFE,
    )
    session.add(challenge)
    return rules.Asked(challenge.id, (ProofMethod.TOTP,), challenge.expires_at, challenge.expires_at)


async def _refreshed(auth: Auth, session: Session, token_hash: str, client: Client, at: datetime) -> _Begun | DomainError:
    unused = update(RefreshToken).where(
        col(RefreshToken.hash) == token_hash, col(RefreshToken.used_at).is_(None), col(RefreshToken.expires_at) > at
    )
    is_first = bool(rows_changed(await session.execute(unused.values(used_at=at))))
    token = await session.get(RefreshToken, token_hash, populate_existing=True)
    row = await session.get(SignInSession, token.session_id, with_for_update=True) if token else None
    if token is None or row is None:
        return InvalidSecret(field=("refreshToken",))
    if not is_first:
        if token.used_at is not None and at - token.used_at > rules.ROTATION_GRACE:
            await _revoke(session, [row.id], at)
        return InvalidSecret(field=("refreshToken",))
    person = await people.by_id(session, row.person_id, at, out=auth.out)
    if row.revoked_at is not None or row.expires_at <= at or person is None:
        return InvalidSecret(field=("refreshToken",))
    row.address, row.last_used_at, row.expires_at = client.address, at, at + rules.REFRESH_LIFE
    return _Begun(row.id, row.person_id, await _refresh_token(session, row.id, at))


async def _refresh_token(session: Session, session_id: UUID, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(RefreshToken(hash=_hash(token), session_id=session_id, expires_at=at + rules.REFRESH_LIFE))
    await session.flush()
    return token


async def _with_access(auth: Auth, begun: _Begun, at: datetime) -> Tokens:
    claims = AccessClaims(begun.person_id, begun.session_id)
    access_token, dies = await access_tokens.issue(auth.keys, auth.issuer, claims, at=at)
    return Tokens(begun.session_id, begun.person_id, access_token, dies, begun.refresh_token, at + rules.REFRESH_LIFE)


async def _revoke(session: Session, session_ids: list[UUID], at: datetime) -> None:
    ended = or_(col(SignInSession.id).in_(session_ids), col(SignInSession.parent_id).in_(session_ids))
    await session.execute(update(SignInSession).where(ended, col(SignInSession.revoked_at).is_(None)).values(revoked_at=at))


def _hash(token: str) -> str:
    """SHA-256 is enough for a token of 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
