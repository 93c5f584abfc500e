"""Reading bands, stand-ins and approvals, and what deciding about them has to know."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam, or_
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.approvals import rules
from domain.approvals.rules import DECIDERS, Authority, Band, Manager
from domain.approvals.tables import Approval, ApprovalAsked, ApprovalBand, ApprovalDelegation, ApprovalState
from domain.kernel.batches import in_order
from domain.kernel.ids import KINDS, Ref
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.permissions import Role
from domain.kernel.plan import ApprovalReason, Plan
from domain.kernel.scope import ActorRef, Scope
from domain.people.queries import PersonRow, is_held
from domain.people.tables import Membership, Person
from domain.reading import By, Limits, count, members, page, shaped
from store.session import Session
from store.statements import Bound, Prepared, among
from store.types import UtcDateTime

STATES, REASONS = members(ApprovalState), members(ApprovalReason)


class BandRow(msgspec.Struct, frozen=True):
    """An amount band as it is shown."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    from_amount: Money
    approver_id: UUID


class DelegationRow(msgspec.Struct, frozen=True):
    """A stand-in as it is shown."""

    id: UUID
    from_person_id: UUID
    to_person_id: UUID
    valid_from: datetime
    valid_to: datetime


class ApprovalRow(msgspec.Struct, frozen=True):
    """An approval as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    reason: ApprovalReason
    state: ApprovalState
    amount: Money | None
    subject: Ref
    requested_by: ActorRef
    requested_at: datetime
    due_at: datetime
    plan: Plan
    decided_by: ActorRef | None
    decided_at: datetime | None
    note: str | None
    requester_id: UUID | None


_APPROVAL: tuple[Any, ...] = (
    Approval.id, Approval.organization_id, Approval.path, Approval.reason, Approval.state, Approval.amount, Approval.subject_kind,
    Approval.subject_id, Approval.by, Approval.requested_at, Approval.due_at, Approval.plan, Approval.decided_by, Approval.decided_at,
    Approval.note, Approval.requester_id,
)  # fmt: skip
_AT: Any = bindparam("at", type_=UtcDateTime)


@shaped
def _bands(scope: Limits, given: str) -> Select[Any]:
    columns: Sequence[Any] = (
        ApprovalBand.id, ApprovalBand.organization_id, ApprovalBand.account_id, ApprovalBand.from_amount, ApprovalBand.approver_id,
    )  # fmt: skip
    statement: Select[Any] = select(*columns).join(Account, col(Account.id) == ApprovalBand.account_id)
    statement = statement.where(col(getattr(ApprovalBand, given)) == bindparam(given))
    limited = scope.limit(statement, col(ApprovalBand.organization_id), col(Account.path))
    return limited.order_by(col(Account.path), col(ApprovalBand.from_amount)).limit(rules.MOST_BANDS)


async def bands_of_organization(session: Session, scope: Scope, organization_id: UUID) -> list[BandRow]:
    """Bands of an organization in scope, in the order of the tree and by amount, the first 50."""
    return [_band(row) for row in await session.rows(_bands(scope, "organization_id"), organization_id=organization_id)]


async def bands_of_account(session: Session, scope: Scope, account_id: UUID) -> list[BandRow]:
    """Bands of an account in scope by amount."""
    return [_band(row) for row in await session.rows(_bands(scope, "account_id"), account_id=account_id)]


def _band(row: Any) -> BandRow:
    id, organization_id, account_id, amount, approver_id = row
    return BandRow(id, organization_id, account_id, Money(amount), approver_id)


_DELEGATION: tuple[Any, ...] = tuple(
    getattr(ApprovalDelegation, name) for name in ("id", "from_person_id", "to_person_id", "valid_from", "valid_to", "organization_id")
)
_STAND_INS = Prepared(
    select(*_DELEGATION)
    .where(among(col(ApprovalDelegation.organization_id), "organization_ids"), among(col(ApprovalDelegation.from_person_id), "ids"))
    .where(col(ApprovalDelegation.valid_to) > _AT)
    .order_by(col(ApprovalDelegation.valid_from), col(ApprovalDelegation.id))
)


async def delegations_of(
    session: Session, keys: Sequence[tuple[UUID, UUID]], *, at: datetime
) -> list[DelegationRow | None]:
    """Who stands in for whom, by organization and person: who does now, or the next who will; for whoever sees the bands."""
    found: dict[tuple[UUID, UUID], DelegationRow] = {}
    organizations, people = list({key[0] for key in keys}), list({key[1] for key in keys})
    for row in await session.rows(_STAND_INS, organization_ids=organizations, ids=people, at=at):
        found.setdefault((row[5], row[1]), DelegationRow(*row[:5]))
    return [found.get(key) for key in keys]


_NAMED: tuple[Any, ...] = (Person.id, Person.name)
_PERSONS_NAMED = Prepared(select(*_NAMED).where(among(col(Person.id), "ids")))


async def persons_named(session: Session, ids: Sequence[UUID]) -> list[PersonRow | None]:
    """People whom a record in view names, by their names alone; for nothing else (decision 0075)."""
    return in_order(ids, (PersonRow(row[0], row[1], None, None, False) for row in await session.rows(_PERSONS_NAMED, ids=ids)))


def _approval(row: Any) -> ApprovalRow:
    id, organization_id, path, reason, state, amount, kind, subject_id, by, requested_at, due_at, *rest = row[: len(_APPROVAL)]
    plan, decided_by, decided_at, note, requester_id = rest
    return ApprovalRow(
        id, organization_id, path, REASONS[reason], STATES[state], Money(amount) if amount is not None else None,
        Ref(KINDS[kind], subject_id), ActorRef.from_json(by), requested_at, due_at, Plan.from_json(plan),
        ActorRef.from_json(decided_by) if decided_by else None, decided_at, note, requester_id,
    )  # fmt: skip


@shaped
def _inbox(scope: Limits) -> Select[Any]:
    """What waits or waited for a person's answer, theirs by a stand-in's right too, and what they answered."""
    me: Any = bindparam("person_id")
    stands_in = select(ApprovalDelegation.id).where(
        ApprovalDelegation.organization_id == Approval.organization_id, ApprovalDelegation.from_person_id == ApprovalAsked.person_id,
        ApprovalDelegation.to_person_id == me, col(ApprovalDelegation.valid_from) <= _AT, col(ApprovalDelegation.valid_to) > _AT,
    )  # fmt: skip
    asked = select(ApprovalAsked.person_id).where(
        ApprovalAsked.organization_id == Approval.organization_id, ApprovalAsked.approval_id == Approval.id,
        or_(col(ApprovalAsked.person_id) == me, stands_in.exists()),
    )  # fmt: skip
    not_own = or_(col(Approval.requester_id).is_(None), col(Approval.requester_id) != me)
    statement: Select[Any] = select(*_APPROVAL).where(among(col(Approval.state), "states"), not_own, asked.exists())
    return scope.limit(statement, col(Approval.organization_id), col(Approval.path))


_NEWEST = (By(col(Approval.requested_at), is_descending=True), By(col(Approval.id), is_descending=True))


def _of_person(scope: Scope, person_id: UUID, states: Collection[ApprovalState], at: datetime) -> Bound:
    return _inbox(scope)(person_id=person_id, states=[state.value for state in states], at=at)


async def inbox_page(
    session: Session, scope: Scope, person_id: UUID, states: Collection[ApprovalState], window: Window, *, at: datetime
) -> Page[ApprovalRow]:
    """What waits or waited for a person's answer within their scope, newest first."""
    return (await page(session, _of_person(scope, person_id, states, at), window, _NEWEST, name="approvals")).map(_approval)


async def inbox_count(session: Session, scope: Scope, person_id: UUID, states: Collection[ApprovalState], *, at: datetime) -> int:
    """How many that is."""
    return await count(session, _of_person(scope, person_id, states, at))


@shaped
def _approvals_by_ids(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*_APPROVAL).where(among(col(Approval.id), "ids"))
    return scope.limit(statement, col(Approval.organization_id), col(Approval.path))


async def approvals_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[ApprovalRow | None]:
    """Approvals in the order asked, null for those out of scope."""
    return in_order(ids, map(_approval, await session.rows(_approvals_by_ids(scope), ids=ids)))


_OF_SUBJECTS = Prepared(
    select(*_APPROVAL)
    .where(among(col(Approval.organization_id), "organization_ids"), among(col(Approval.subject_id), "ids"))
    .order_by(col(Approval.requested_at), col(Approval.id))
)


async def approvals_of_subjects(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> list[ApprovalRow | None]:
    """The newest approval of each thing, by organization and id; for whoever sees the thing."""
    organizations, ids = list({key[0] for key in keys}), [key[1] for key in keys]
    rows = await session.rows(_OF_SUBJECTS, organization_ids=organizations, ids=ids)
    found = {(row[1], row[7]): _approval(row) for row in rows}
    return [found.get(key) for key in keys]


_ASKED: tuple[Any, ...] = (ApprovalAsked.approval_id, ApprovalAsked.person_id)
_WHO = Prepared(
    select(*_ASKED).where(among(col(ApprovalAsked.organization_id), "organization_ids"), among(col(ApprovalAsked.approval_id), "ids"))
)
ApprovalKey = tuple[UUID, UUID, str, UUID | None]
"""What tells who may answer an approval: its organization, its id, its place and who asks."""


async def approvers_of(session: Session, approvals: Sequence[ApprovalKey], *, at: datetime) -> list[list[UUID]]:
    """Who may answer each approval, stand-ins included; for whoever sees the approvals."""
    organizations, ids = list({key[0] for key in approvals}), [key[1] for key in approvals]
    asked: dict[UUID, list[UUID]] = defaultdict(list)
    for approval_id, person_id in await session.rows(_WHO, organization_ids=organizations, ids=ids):
        asked[approval_id].append(person_id)
    known = {id: await authority(session, id, at=at) for id in organizations}
    return [known[owner].with_stand_ins(asked[id], path, requester) for owner, id, path, requester in approvals]


async def authority(session: Session, organization_id: UUID, *, at: datetime) -> Authority:
    """Who could decide in an organization at an instant."""
    held = (
        select(Membership.person_id, Account.path, Membership.role)
        .join(Account, col(Account.id) == Membership.account_id)
        .where(Membership.organization_id == organization_id, col(Membership.role).in_(DECIDERS), is_held(at))
        .order_by(col(Membership.valid_from), col(Membership.id))
    )
    managers = [Manager(person, path, role == Role.PROFILE_MANAGER) for person, path, role in await session.execute(held)]
    standing = select(ApprovalDelegation.from_person_id, ApprovalDelegation.to_person_id).where(
        col(ApprovalDelegation.organization_id) == organization_id,
        col(ApprovalDelegation.valid_from) <= at,
        col(ApprovalDelegation.valid_to) > at,
    )
    return Authority(managers, [(giver, to) for giver, to in await session.execute(standing)])


async def bands_above(session: Session, organization_id: UUID, path: str) -> list[Band]:
    """The bands of an account and of all above it."""
    wanted = (
        select(Account.path, ApprovalBand.from_amount, ApprovalBand.approver_id)
        .join(Account, col(Account.id) == ApprovalBand.account_id)
        .where(ApprovalBand.organization_id == organization_id, col(Account.path).in_(rules.prefixes(path)))
    )
    return [Band(*row) for row in await session.execute(wanted)]
