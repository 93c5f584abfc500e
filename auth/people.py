"""Who a typed identity belongs to, whether that person may sign in now, and in which companies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_
from sqlmodel import col, select

from auth import policy
from auth.tables import Totp
from domain.accounts.tables import Account, Organization
from domain.kernel.identifiers import Channel, Identity
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from store.session import Session
from store.statements import Prepared
from store.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class Known:
    """A person with at least one role now; `has_totp` when an authenticator is set up."""

    id: UUID
    name: str
    mobile: str | None
    email: str | None
    locale: str | None
    line_changed_at: datetime | None
    has_totp: bool
    is_staff: bool

    def address_for(self, channel: Channel) -> str | None:
        """Where a code goes."""
        return self.mobile if channel is Channel.SMS else self.email


_AT: Any = bindparam("at", type_=UtcDateTime)
_COLUMNS: tuple[Any, ...] = (
    Person.id, Person.name, Person.mobile, Person.email, Person.locale, Person.line_changed_at, col(Totp.sealed).is_not(None),
    Membership.role,
)  # fmt: skip


def _who_is(column: Any) -> Prepared:
    """A person by a value, with an authenticator or not, once for each role that lets them in now."""
    return Prepared(
        select(*_COLUMNS)
        .join(Membership, col(Membership.person_id) == Person.id)
        .outerjoin(Totp, col(Totp.person_id) == Person.id)
        .where(column == bindparam("value"), is_held(_AT))
        .where(or_(col(Membership.organization_id).is_not(None), *(col(Membership.role) == role for role in sorted(policy.STAFF))))
        .where(col(Membership.role) != bindparam("out"))
    )


_BY_ID = _who_is(Person.id)
_BY_ADDRESS = {Channel.SMS: _who_is(Person.mobile), Channel.EMAIL: _who_is(Person.email)}


async def by_identity(session: Session, identity: Identity, at: datetime, *, out: str) -> Known | None:
    """The person of a mobile number or e-mail address, if a role other than `out` lets them sign in."""
    return await _known(session, _BY_ADDRESS[identity.channel], identity.address, at, out)


async def by_id(session: Session, person_id: UUID | None, at: datetime, *, out: str) -> Known | None:
    """The person of an id, if a role other than `out` lets them sign in."""
    return await _known(session, _BY_ID, person_id, at, out) if person_id else None


async def _known(session: Session, statement: Prepared, value: UUID | str, at: datetime, out: str) -> Known | None:
    rows = await session.rows(statement, value=value, at=at, out=out)
    if not rows:
        return None
    id, name, mobile, email, locale, changed_at, has_totp, _ = rows[0]
    return Known(id, name, mobile, email, locale, changed_at, bool(has_totp), any(row[-1] in policy.STAFF for row in rows))


@dataclass(frozen=True, slots=True)
class Company:
    """A company where a person has a role now, and the tops of what they cover there."""

    name: str
    paths: tuple[str, ...]


_PLACE: tuple[Any, ...] = (Organization.id, Organization.name, Account.path)
_COMPANIES = Prepared(
    select(*_PLACE)
    .select_from(Organization)
    .join(Membership, col(Membership.organization_id) == Organization.id)
    .join(Account, col(Account.id) == Membership.account_id)
    .where(col(Membership.person_id) == bindparam("person_id"), is_held(_AT), col(Membership.role) != bindparam("out"))
)


async def companies(session: Session, person_id: UUID, at: datetime, *, out: str) -> Mapping[UUID, Company]:
    """The companies where a person has a role other than `out` now, by id."""
    found: dict[UUID, Company] = {}
    for id, name, path in await session.rows(_COMPANIES, person_id=person_id, at=at, out=out):
        paths = found[id].paths if id in found else ()
        found[id] = Company(name, (*paths, path))
    return found
