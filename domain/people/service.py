"""Appointing and dismissing managers: the operator's doing, never one's own (N3)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.audit.writing import Result, Work
from domain.kernel.errors import AlreadyExists, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import SYSTEM
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from store.upsert import insert_or_ignore

LONGEST_NAME = 120
APPOINTABLE = frozenset({Role.PROFILE_MANAGER, Role.ACCOUNT_MANAGER, Role.GROUP_MANAGER})


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person as the appointer names them; mobile and e-mail in stored form."""

    name: str
    mobile: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who becomes what, where, from when to when; without an organization for the operator's own people.

    A group manager's has the group, and its account as found by `domain.groups`.
    """

    person: NamedPerson
    role: Role
    organization_id: UUID | None
    account_id: UUID | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    group_id: UUID | None = None


async def grant_membership(work: Work, wanted: Appointment) -> Result:
    """Appoints a person, found by mobile or made: `membership` and `person`.

    A profile manager covers the root, an account manager the named account, a group manager a group. Raises `NotFound`,
    `InvalidInput`, `NotEligible` for oneself and for roles that aren't appointed here, `AlreadyExists` when the same role holds at that
    time or the e-mail is another's.
    """
    begins, ends = wanted.valid_from or work.at, wanted.valid_to
    if begins < work.at or (ends is not None and ends <= begins):
        raise InvalidInput("people.period", field=("validFor",))
    account = await _place(work, wanted)
    is_delegate = wanted.role is Role.GROUP_MANAGER
    is_named_by_company = is_delegate and work.scope.permission is not Permission.MEMBERSHIP_MANAGE
    person = await (_delegate(work, wanted) if is_named_by_company else _person(work, wanted.person))
    if person.id == work.scope.actor.person_id and not is_delegate:
        raise NotEligible("people.own_membership", field=("person",))
    same = select(Membership.id).where(
        Membership.role == wanted.role,
        Membership.organization_id == wanted.organization_id,
        Membership.account_id == (account.id if account else None),
        Membership.group_id == wanted.group_id if is_delegate else Membership.person_id == person.id,
        (col(Membership.valid_to).is_(None)) | (col(Membership.valid_to) > begins),
    )
    if ends is not None:
        same = same.where(col(Membership.valid_from) < ends)
    if (await work.sql.scalars(same.limit(1))).first() is not None:
        raise AlreadyExists("people.group_managed" if is_delegate else "people.role_held", field=("role",))
    row = Membership(
        id=uuid7(),
        organization_id=wanted.organization_id,
        person_id=person.id,
        role=wanted.role,
        account_id=account.id if account else None,
        group_id=wanted.group_id,
        valid_from=begins,
        valid_to=ends,
    )
    work.sql.add(row)
    work.subjects.update((row.id, person.id))
    work.changed(None, person.name, "memberships.role", None, wanted.role)
    if account is not None:
        work.changed(None, person.name, "memberships.account", None, f"{account.number} {account.name}")
    if wanted.valid_from is not None or ends is not None:
        work.changed(None, person.name, "memberships.validFor", None, f"{wanted.valid_from or 'now'} – {ends or '…'}")
    return {"membership": row.id, "person": person.id}


async def revoke_membership(work: Work, membership_id: UUID, *, effective_at: datetime | None = None) -> Result:
    """Dismisses a manager at an instant, now if none is given: `membership`. One that hasn't begun by then never begins.

    Raises `NotFound`, `NotEligible` for one's own, `InvalidInput` for an instant in the past, `StateConflict` when it ends before.
    """
    ends = effective_at or work.at
    if ends < work.at:
        raise InvalidInput("people.period", field=("effectiveAt",))
    statement = (
        select(Membership, Account, Person.name)
        .join(Person, col(Person.id) == Membership.person_id)
        .outerjoin(Account, col(Account.id) == Membership.account_id)
        .where(Membership.id == membership_id)
    )
    limited = work.scope.limit(statement, col(Membership.organization_id), col(Account.path))
    found = (await work.sql.execute(limited.with_for_update(of=Membership))).one_or_none()
    if found is None:
        raise NotFound(field=("membershipId",))
    row, account, name = found
    if row.organization_id is not None and account is not None:
        work.within(row.organization_id, account.path, row.id, row.person_id)
    if row.person_id == work.scope.actor.person_id:
        raise NotEligible("people.own_membership", field=("membershipId",))
    if row.valid_to is not None and row.valid_to <= ends:
        raise StateConflict("people.membership_over", field=("membershipId",))
    before, row.valid_to = row.valid_to, max(ends, row.valid_from)
    work.changed(Ref(Kind.MEMBERSHIP, row.id), name, "validFor.endsAt", before, effective_at or "now")
    return {"membership": row.id}


async def _place(work: Work, wanted: Appointment) -> Account | None:
    """The account a role covers; the operator's own people have none and are appointed at the operator's own console alone."""
    if wanted.organization_id is None:
        if wanted.role in APPOINTABLE or work.scope.actor.id != SYSTEM.id:
            raise NotEligible("people.role_not_appointable", field=("role",))
        return None
    if wanted.role not in APPOINTABLE:
        raise NotEligible("people.role_not_appointable", field=("role",))
    if wanted.group_id is None:
        work.scope.require(wanted.organization_id, "", "organizationId")
    if await work.sql.get(Organization, wanted.organization_id) is None:
        raise NotFound(field=("organizationId",))
    accounts = select(Account).where(Account.organization_id == wanted.organization_id)
    if (wanted.role is Role.GROUP_MANAGER) != (wanted.group_id is not None):
        raise InvalidInput("people.group_needed", field=("groupId",))
    if wanted.role is Role.PROFILE_MANAGER:
        account = (await work.sql.scalars(accounts.where(col(Account.parent_id).is_(None)))).one_or_none()
        if account is not None and wanted.account_id not in (None, account.id):
            raise InvalidInput("people.root_only", field=("accountId",))
    elif wanted.account_id is None:
        raise InvalidInput("people.account_needed", field=("accountId",))
    else:
        account = (await work.sql.scalars(accounts.where(Account.id == wanted.account_id))).one_or_none()
    if account is None:
        raise NotFound(field=("accountId",))
    work.within(wanted.organization_id, account.path)
    return account


async def _delegate(work: Work, wanted: Appointment) -> Person:
    """Whom a company names itself: somebody it knows by that number, or a new person who is told there and has nothing to sign in with.

    So naming a number never shows whom another company knows by it, and no company decides where a person's codes go.
    """
    named = wanted.person
    known = select(Person).join(Membership, col(Membership.person_id) == Person.id)
    known = known.where(Membership.organization_id == wanted.organization_id, _is_called(named.mobile)).order_by(col(Person.id)).limit(1)
    person = (await work.sql.scalars(known)).first()
    if person is None:
        name = _name(named)
        person = Person(
            id=uuid7(), name=name, name_fold=fold(name), contact_mobile=named.mobile, contact_email=named.email, created_at=work.at
        )  # fmt: skip
        work.sql.add(person)
        await work.sql.flush()
        work.changed(None, name, "person.mobile", None, named.mobile)
    return person


def _is_called(mobile: str) -> ColumnElement[bool]:
    return or_(col(Person.mobile) == mobile, col(Person.contact_mobile) == mobile)


def _name(named: NamedPerson) -> str:
    """A person's name with single spaces; raises `InvalidInput` unless it has 1–120 characters."""
    name = " ".join(named.name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput("people.name", field=("person", "name"), most=LONGEST_NAME)
    return name


async def _person(work: Work, named: NamedPerson) -> Person:
    """Finds a person by mobile, or makes one; locks the row, so that two appointments of one person come one after the other.

    A stored name stays; a missing e-mail address is added, another one is refused: codes are sent there.
    """
    name = _name(named)
    made = {"id": uuid7(), "name": name, "name_fold": fold(name), "mobile": named.mobile, "email": None, "created_at": work.at}
    is_new = bool(await insert_or_ignore(work.sql, Person, [made]))
    person = (await work.sql.scalars(select(Person).where(Person.mobile == named.mobile).with_for_update())).one()
    if is_new:
        work.changed(None, person.name, "person.mobile", None, named.mobile)
    if named.email is not None and named.email != person.email:
        taken = (await work.sql.scalars(select(Person.id).where(Person.email == named.email))).first()
        if taken is not None:
            raise AlreadyExists("people.email_taken", field=("person", "email"))
        if person.email is not None:
            raise InvalidInput("people.email_differs", field=("person", "email"))
        person.email = named.email
        work.changed(None if is_new else Ref(Kind.PERSON, person.id), person.name, "person.email", None, named.email)
    return person
