"""Who a typed identity belongs to, whether that person may sign in now, and in which companies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from auth import policy
from auth.tables import Totp
from domain.accounts.tables import Account, Organization
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.permissions import Role
from domain.people.queries import is_held
from domain.people.tables import Membership, Person
from store.session import Session


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


async def by_identity(session: Session, identity: Identity, at: datetime) -> Known | None:
    """The person of a mobile number or e-mail address, if they may sign in."""
    column = Person.mobile if identity.channel is Channel.SMS else Person.email
    return await _known(session, col(column) == identity.address, at)


async def by_id(session: Session, person_id: UUID | None, at: datetime) -> Known | None:
    """The person of an id, if they may sign in."""
    return await _known(session, col(Person.id) == person_id, at)


@dataclass(frozen=True, slots=True)
class Company:
    """A company where a person has a role now, and the tops of what they cover there."""

    name: str
    paths: tuple[str, ...]


async def companies(session: Session, person_id: UUID, at: datetime) -> Mapping[UUID, Company]:
    """The companies where a person has a role now, by id."""
    statement = (
        select(Organization.id, Organization.name, Account.path)
        .join(Membership, col(Membership.organization_id) == Organization.id)
        .join(Account, col(Account.id) == Membership.account_id)
        .where(col(Membership.person_id) == person_id, is_held(at))
    )
    found: dict[UUID, Company] = {}
    for id, name, path in await session.execute(statement):
        paths = found[id].paths if id in found else ()
        found[id] = Company(name, (*paths, path))
    return found


async def _known(session: Session, which: ColumnElement[bool], at: datetime) -> Known | None:
    statement = (
        select(Person, col(Totp.sealed).is_not(None).label("has_totp"), Membership.role)
        .join(Membership, col(Membership.person_id) == Person.id)
        .outerjoin(Totp, col(Totp.person_id) == Person.id)
        .where(which, is_held(at), or_(col(Membership.organization_id).is_not(None), col(Membership.role).in_(policy.STAFF)))
    )
    rows = (await session.execute(statement)).all()
    if not rows:
        return None
    person, has_totp, _ = rows[0]
    is_staff = any(Role(role) in policy.STAFF for _, _, role in rows)
    return Known(person.id, person.name, person.mobile, person.email, person.locale, person.line_changed_at, bool(has_totp), is_staff)
