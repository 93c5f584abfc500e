"""Authenticators (RFC 6238): setting one up, using each code once, recovery codes."""

import secrets
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import delete, update
from sqlmodel import col

from auth import people, rules
from auth.actor import Actor
from auth.errors import InvalidSecret
from auth.tables import RecoveryCode, Totp
from auth.wiring import Auth
from domain.kernel.errors import InvalidInput, NotEligible, StateConflict
from domain.kernel.sealing import Sealed
from domain.kernel.text import digits_latin, without_invisible
from store.models import rows_changed
from store.session import Session
from store.upsert import insert_or_ignore

ISSUER = "Simurgh"
_RECOVERY_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_RECOVERY_LENGTH = 10
_NOBODY = UUID(int=0)
_NO_SECRET = pyotp.random_base32()


async def totp_enroll(auth: Auth, actor: Actor, *, label: str | None, at: datetime) -> str:
    """Makes a new secret that waits for its first code, and returns its `otpauth://` address, shown only here.

    Needs a fresh proof (`StepUpRequired`); an authenticator in use stays in use until the new one is confirmed.
    """
    actor.own_session()
    actor.proof.require(at)
    name = (label or actor.ref.label).strip()[:80] or actor.ref.label
    secret = pyotp.random_base32()
    async with auth.database.write() as session:
        sealed = auth.sealer.seal(secret.encode(), "auth_totps", actor.person_id)
        await insert_or_ignore(session, Totp, [{"person_id": actor.person_id, "last_step": 0}])
        values = {"pending_key_id": sealed.key_id, "pending": sealed.data}
        await session.execute(update(Totp).where(col(Totp.person_id) == actor.person_id).values(values))
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


async def totp_confirm(auth: Auth, actor: Actor, *, code: str | None, remove: bool = False, at: datetime) -> list[str] | None:
    """Ends the setting up with a first code and returns ten recovery codes, or turns the authenticator off and returns None.

    Needs a fresh proof; staff can't turn theirs off.
    """
    actor.own_session()
    actor.proof.require(at)
    if remove == (code is not None):
        raise InvalidInput("auth.totp_code_or_remove", field=("code",))
    if remove:
        await _turn_off(auth, actor, at)
        return None
    async with auth.database.write() as session:
        row = await session.get(Totp, actor.person_id, with_for_update=True)
        if row is None or row.pending is None or row.pending_key_id is None:
            raise StateConflict("auth.totp_not_begun")
        secret = auth.sealer.open(Sealed(row.pending_key_id, row.pending), "auth_totps", actor.person_id).decode()
        step = rules.totp_step_of(secret, _typed(code or ""), at)
        if step is None:
            raise InvalidSecret(field=("code",))
        return await _put_in_use(auth, session, actor.person_id, Sealed(row.pending_key_id, row.pending), step=step)


async def provide(auth: Auth, session: Session, person_id: UUID, secret: str | None = None) -> str:
    """Puts an authenticator in use without its owner's first code, for staff who can't sign in before (command line, seeds)."""
    secret = secret or pyotp.random_base32()
    await insert_or_ignore(session, Totp, [{"person_id": person_id, "last_step": 0}])
    await _put_in_use(auth, session, person_id, auth.sealer.seal(secret.encode(), "auth_totps", person_id), step=0)
    return secret


async def provide_uri(auth: Auth, session: Session, person_id: UUID, *, label: str) -> str:
    """The same with a new secret, as the `otpauth://` address to hand over."""
    return pyotp.TOTP(await provide(auth, session, person_id)).provisioning_uri(name=label, issuer_name=ISSUER)


async def use(auth: Auth, session: Session, person_id: UUID | None, code: str, *, at: datetime) -> bool:
    """Takes a code of a person's authenticator, or a recovery code, for the first and only time.

    Nobody, and people without an authenticator, cost the same statements and the same arithmetic as everybody else.
    """
    owner, typed = person_id or _NOBODY, _typed(code)
    row = await session.get(Totp, owner, with_for_update=True)
    if len(typed) == _RECOVERY_LENGTH:
        return await _use_recovery(auth, session, owner, typed, at)
    secret = _NO_SECRET
    if row is not None and row.sealed is not None and row.key_id is not None:
        secret = auth.sealer.open(Sealed(row.key_id, row.sealed), "auth_totps", owner).decode()
    step = rules.totp_step_of(secret, typed, at)
    if row is None or row.sealed is None or step is None or step <= row.last_step:
        return False
    row.last_step = step
    await session.flush()
    return True


async def _use_recovery(auth: Auth, session: Session, person_id: UUID, code: str, at: datetime) -> bool:
    unused = update(RecoveryCode).where(
        col(RecoveryCode.person_id) == person_id,
        col(RecoveryCode.hash) == auth.sealer.digest("recovery", person_id, code),
        col(RecoveryCode.used_at).is_(None),
    )
    return bool(rows_changed(await session.execute(unused.values(used_at=at))))


async def _put_in_use(auth: Auth, session: Session, person_id: UUID, sealed: Sealed, *, step: int) -> list[str]:
    values = {"key_id": sealed.key_id, "sealed": sealed.data, "last_step": step, "pending": None, "pending_key_id": None}
    await session.execute(update(Totp).where(col(Totp.person_id) == person_id).values(values))
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    codes = ["".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_RECOVERY_LENGTH)) for _ in range(rules.RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person_id, hash=auth.sealer.digest("recovery", person_id, code)) for code in codes)
    await session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


async def _turn_off(auth: Auth, actor: Actor, at: datetime) -> None:
    async with auth.database.write() as session:
        person = await people.by_id(session, actor.person_id, at, out=auth.out)
        if person is None or person.is_staff:
            raise NotEligible("auth.totp_must_stay")
        if not person.has_totp:
            raise StateConflict("auth.totp_not_set")
        await session.execute(delete(Totp).where(col(Totp.person_id) == actor.person_id))
        await session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == actor.person_id))


def _typed(code: str) -> str:
    """A code as people type it: any digits, any case, with spaces or dashes."""
    return "".join(digits_latin(without_invisible(code)).upper().replace("-", "").split())
