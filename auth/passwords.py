"""Permanent passwords: setting one by a code, and proving oneself by it; every guess is counted before it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from auth import limits, notices, people, proofs, rules, strength
from auth.actor import Actor
from auth.errors import InvalidSecret
from auth.otp import wrong_guesses_key
from auth.people import Known
from auth.proofs import Answer, Proven
from auth.tables import Password, SignInSession
from auth.wiring import Auth
from domain.audit import chain
from domain.kernel.errors import DomainError, InvalidInput, LimitReached
from domain.kernel.identifiers import Identity
from domain.kernel.ids import Kind, Ref
from domain.kernel.plan import Change
from domain.kernel.proof import ProofMethod
from domain.kernel.scope import ActorRef
from domain.kernel.sealing import Sealed
from store.session import Session
from store.upsert import insert_or_ignore

ACTION = "passwordSet"
_TABLE = "auth_passwords"


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    """A password with the identity of its owner."""

    identity: Identity
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """A password that was right: whose it is, by which hash, and when it was counted as a guess, under which limits."""

    proven: Proven
    sealed: bytes = field(repr=False)
    counted: Sequence[str]
    counted_at: datetime


Given = Answer | PasswordAnswer


async def checked(auth: Auth, given: Given, address: str, *, at: datetime, of: UUID | None = None) -> Answer | Checked:
    """Looks at a password outside any transaction, as that takes long; the answer to a challenge is passed on as it is.

    The guess is counted and committed first. Unknown people, people without a password and wrong passwords are the same
    `InvalidSecret` after the same work; `LimitReached` for a locked identity or address, `Busy` when too many wait.
    """
    if isinstance(given, Answer):
        return given
    with auth.hasher.room():
        counted = _limits(auth, given.identity, address)
        async with auth.database.write() as session:
            closed = await _count(session, counted, at)
            person, kept = await _found(auth, session, given.identity, at)
        if closed is not None:
            raise closed
        is_right = await auth.hasher.is_right(_opened(auth, kept), strength.normal(given.password))
    if not is_right or person is None or kept is None or of not in (None, person.id):
        raise _wrong()
    identity = _digest(auth, given.identity)
    return Checked(Proven(person.id, ProofMethod.PASSWORD, identity, given.identity.channel), kept.sealed, counted, at)


async def proven(auth: Auth, session: Session, given: Answer | Checked, *, at: datetime, of: UUID | None = None) -> Proven | DomainError:
    """Takes an answer, or a password found right unless it was changed meanwhile, for which the guess is taken back.

    A failure is returned, to be raised once the transaction is committed.
    """
    if isinstance(given, Answer):
        return await proofs.answer(auth, session, given, at=at, of=of)
    kept = await session.get(Password, given.proven.person_id, with_for_update=True)
    if kept is None or kept.sealed != given.sealed:
        return _wrong()
    for key in given.counted:
        await limits.forgive(session, key, hit_at=given.counted_at)
    return given.proven


async def password_set(auth: Auth, actor: Actor | None, given: Answer, password: str, *, at: datetime) -> UUID | None:
    """Sets a person's password by a code, ends all their sessions but the one that asks, tells them and the companies' trails.

    Returns the session that asks if it is the person's own. Raises `InvalidInput` for a weak password, which leaves the code good,
    `InvalidSecret`, `LimitReached` for a locked identity, `Busy`.
    """
    wanted = strength.normal(password)
    with auth.hasher.room():
        flaw = await auth.hasher.run(strength.flaw, wanted)
        if flaw is not None:
            raise _refused(flaw)
        person, words = await _owner(auth, given, at)
        if await auth.hasher.run(strength.is_personal, wanted, words):  # told to nobody but the owner: it tells of the owner
            async with auth.database.write() as session:
                await proofs.reopen(session, given)
            raise _refused("auth.password_personal")
        hash = await auth.hasher.hash(wanted)
    own = actor.session_id if actor and actor.person_id == person.id and not actor.is_read_only else None
    by = actor.ref if actor and own else ActorRef(person.id, person.name, person_id=person.id, is_operator=person.is_staff)
    async with auth.database.write() as session:
        before = await _keep(auth, session, person.id, hash, at)
        await _end_sessions(session, person.id, own, at)
        await notices.tell_password_set(session, person, at=at)
        await _record(auth, session, person, by, before, at)
    return own


def _limits(auth: Auth, identity: Identity, address: str) -> list[str]:
    """The limits that a wrong password counts under, in the order in which they are locked; the last one is that of wrong codes too."""
    digest, origin = _digest(auth, identity), auth.sealer.digest("address", rules.address_group(address))
    return [f"password-address:{origin}", f"password-identity:{digest}", wrong_guesses_key(digest)]


_BOUNDS = (
    (rules.CODES_AN_ADDRESS, rules.CODES_WINDOW),
    (rules.WRONG_PASSWORDS, rules.CODES_WINDOW),
    (rules.WRONG_GUESSES, rules.WRONG_WINDOW),
)


async def _count(session: Session, keys: Sequence[str], at: datetime) -> LimitReached | None:
    """Counts a guess under its limits; when one is used up nothing is counted, and the refusal with the latest opening is returned.

    Codes are another way in until the last limit, which is theirs as well, is used up.
    """
    bounded = [(key, most, window) for key, (most, window) in zip(keys, _BOUNDS, strict=True)]
    closed = [await limits.opens_at(session, key, most=most, window=window, at=at) for key, most, window in bounded]
    if any(closed):
        return LimitReached(
            "auth.locked" if closed[-1] else "auth.too_many_passwords", retry_at=max(until for until in closed if until)
        )
    for key, _, window in bounded:
        await limits.hit(session, key, window=window, at=at)
    return None


async def _found(auth: Auth, session: Session, identity: Identity, at: datetime) -> tuple[Known | None, Password | None]:
    """The person of an identity and what is kept of their password; two statements for strangers as well."""
    person = await people.by_identity(session, identity, at, out=auth.out)
    return person, await session.get(Password, person.id if person else UUID(int=0))


async def _owner(auth: Auth, given: Answer, at: datetime) -> tuple[Known, list[str]]:
    """Whose code it is, and the words that are known of them; raises what a wrong code raises."""
    async with auth.database.write() as session:
        outcome = await proofs.answer(auth, session, given, at=at, sets_password=True)
        person = await people.by_id(session, outcome.person_id, at, out=auth.out) if isinstance(outcome, Proven) else None
        companies = await people.companies(session, person.id, at, out=auth.out) if person else {}
    if isinstance(outcome, DomainError):
        raise outcome
    if person is None:  # lost the last role since the code was sent
        raise InvalidSecret(0, field=("proof",))
    addresses = (person.email or "").replace("@", " ").replace(".", " ")
    names = " ".join([person.name, addresses, *(company.name for company in companies.values())])
    return person, [*names.split(), (person.mobile or "").removeprefix("+98"), "simurgh", "سیمرغ"]


async def _keep(auth: Auth, session: Session, person_id: UUID, hash: str, at: datetime) -> datetime | None:
    """Stores the hash and returns when the one before was set."""
    sealed = auth.sealer.seal(hash.encode(), _TABLE, person_id)
    values = {"key_id": sealed.key_id, "sealed": sealed.data, "set_at": at}
    if await insert_or_ignore(session, Password, [{"person_id": person_id, **values}]):
        return None
    row = await session.get_one(Password, person_id, with_for_update=True)
    before = row.set_at
    row.key_id, row.sealed, row.set_at = sealed.key_id, sealed.data, at
    await session.flush()
    return before


async def _end_sessions(session: Session, person_id: UUID, own: UUID | None, at: datetime) -> None:
    """Support views end as well, as they are sessions."""
    others = (col(SignInSession.person_id) == person_id, col(SignInSession.revoked_at).is_(None), col(SignInSession.id) != own)
    await session.execute(update(SignInSession).where(*others).values(revoked_at=at))


async def _record(auth: Auth, session: Session, person: Known, by: ActorRef, before: datetime | None, at: datetime) -> None:
    """An entry in the trail of each company where the person has a role, in one order for all; the operator's own have none."""
    change = Change(Ref(Kind.PERSON, person.id), person.name, "passwordSetAt", before.isoformat() if before else None, at.isoformat())
    companies = await people.companies(session, person.id, at, out=auth.out)
    for organization_id in sorted(companies):
        path = chain.common_path(companies[organization_id].paths)
        await chain.append(session, organization_id, by=by, action=ACTION, at=at, path=path, changes=[change])


def _opened(auth: Auth, kept: Password | None) -> str | None:
    return None if kept is None else auth.sealer.open(Sealed(kept.key_id, kept.sealed), _TABLE, kept.person_id).decode()


def _digest(auth: Auth, identity: Identity) -> str:
    return auth.sealer.digest("identity", identity.channel, identity.address)


def _wrong() -> InvalidSecret:
    return InvalidSecret(message_key="auth.wrong_password", field=("proof",))


def _refused(flaw: str) -> InvalidInput:
    return InvalidInput(flaw, field=("password",), least=strength.SHORTEST, most=strength.LONGEST)
