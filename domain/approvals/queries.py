"""Reading budgets, bands, stand-ins and approvals, and what deciding about them has to know."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, func, literal_column, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.approvals import rules
from domain.approvals.rules import DECIDERS, Authority, Band, Manager
from domain.approvals.tables import (
    Approval,
    ApprovalAsked,
    ApprovalBand,
    ApprovalDelegation,
    ApprovalState,
    Budget,
    TokenBudget,
    TokenDay,
)
from domain.kernel.batches import in_order
from domain.kernel.calendar import JalaliMonth
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


class BudgetRow(msgspec.Struct, frozen=True):
    """A month of a budget as it is shown; `path` is the account's place, empty of a cost centre's."""

    id: UUID
    organization_id: UUID
    subject: Ref
    path: str
    month: JalaliMonth
    limit: Money
    spent: Money
    committed: Money
    thresholds: list[int]

    @property
    def free(self) -> Money:
        """What is left of it, below nothing where somebody let it be passed."""
        return self.limit - self.spent - self.committed


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


_BUDGET: tuple[Any, ...] = (
    Budget.id, Budget.organization_id, Budget.subject_kind, Budget.subject_id, Budget.month, Budget.amount, Budget.spent, Budget.committed,
    Budget.thresholds,
)  # fmt: skip
_PLACE = func.coalesce(col(Account.path), literal_column("''"))
_PLACED: tuple[Any, ...] = (*_BUDGET, _PLACE)
_APPROVAL: tuple[Any, ...] = (
    Approval.id, Approval.organization_id, Approval.path, Approval.reason, Approval.state, Approval.amount, Approval.subject_kind,
    Approval.subject_id, Approval.by, Approval.requested_at, Approval.due_at, Approval.plan, Approval.decided_by, Approval.decided_at,
    Approval.note, Approval.requester_id,
)  # fmt: skip
_AT: Any = bindparam("at", type_=UtcDateTime)


def budget_row(budget: Budget, path: str) -> BudgetRow:
    """A budget's row as it is shown; its limit isn't null."""
    return _shown((*(getattr(budget, column.key) for column in _BUDGET), path), budget.month)


def _shown(row: Any, month: str) -> BudgetRow:
    """A row for a month: what it inherits from an earlier one has seen no money yet."""
    id, organization_id, kind, subject_id, of, amount, spent, committed, thresholds, path = row[:10]
    is_inherited = of != month
    return BudgetRow(
        rules.budget_id(subject_id, month) if is_inherited else id, organization_id, Ref(KINDS[kind], subject_id), path,
        JalaliMonth.parse(month), Money(amount), Money(0 if is_inherited else spent), Money(0 if is_inherited else committed), thresholds,
    )  # fmt: skip


def newest(month: Any) -> Any:
    """Whether a budget's row is the newest of its subject up to a month."""
    later = aliased(Budget)
    last = select(func.max(later.month)).where(
        later.organization_id == Budget.organization_id, later.subject_id == Budget.subject_id, col(later.month) <= month
    )
    return col(Budget.month) == last.scalar_subquery()


def _of_account() -> Any:
    return and_(col(Account.organization_id) == Budget.organization_id, col(Account.id) == Budget.subject_id)


@shaped
def _budgets(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*_PLACED).outerjoin(Account, _of_account())
    statement = statement.where(col(Budget.organization_id) == bindparam("organization_id"), col(Budget.amount).is_not(None))
    return scope.limit(statement.where(newest(bindparam("month"))), col(Budget.organization_id), _PLACE)


_BY_PLACE = (By(_PLACE), By(col(Budget.subject_id)))


async def budgets_page(session: Session, scope: Scope, organization_id: UUID, month: JalaliMonth, window: Window) -> Page[BudgetRow]:
    """An organization's budgets of a month in scope: cost centres', which lie nowhere in the tree, then accounts' in its order."""
    statement = _budgets(scope)(organization_id=organization_id, month=str(month))
    return (await page(session, statement, window, _BY_PLACE, name="budgets")).map(lambda row: _shown(row, str(month)))


async def budgets_count(session: Session, scope: Scope, organization_id: UUID, month: JalaliMonth) -> int:
    """How many budgets that is."""
    return await count(session, _budgets(scope)(organization_id=organization_id, month=str(month)))


@shaped
def _budgets_by_ids(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*_PLACED).outerjoin(Account, _of_account())
    statement = statement.where(among(col(Budget.id), "ids"), col(Budget.amount).is_not(None))
    return scope.limit(statement, col(Budget.organization_id), _PLACE)


async def budgets_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[BudgetRow | None]:
    """Budgets in the order asked, null for those out of scope and for months in which nothing was set or spent."""
    return in_order(ids, (_shown(row, row[4]) for row in await session.rows(_budgets_by_ids(scope), ids=ids)))


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


async def budgets_touched(
    session: Session, organization_id: UUID, path: str, cost_centre_ids: Collection[UUID], month: str
) -> Mapping[UUID, tuple[Budget, str]]:
    """The budgets of an account, of all above it and of cost centres that hold in a month, by subject, with their accounts' paths."""
    mine = or_(col(Account.path).in_(rules.prefixes(path)), col(Budget.subject_id).in_(cost_centre_ids))
    statement = (
        select(Budget, _PLACE)
        .outerjoin(Account, _of_account())
        .where(Budget.organization_id == organization_id, mine, newest(month), col(Budget.amount).is_not(None))
    )
    return {budget.subject_id: (budget, place) for budget, place in await session.execute(statement)}


_TOKEN_BUDGET: tuple[Any, ...] = (TokenBudget.organization_id, TokenBudget.api_token_id, TokenBudget.amount)
_TOKEN_DAY: tuple[Any, ...] = (TokenDay.organization_id, TokenDay.api_token_id, TokenDay.spent)
_TOKEN_BUDGETS = Prepared(
    select(*_TOKEN_BUDGET).where(among(col(TokenBudget.organization_id), "organization_ids"), among(col(TokenBudget.api_token_id), "ids"))
)
_TOKEN_DAYS = Prepared(
    select(*_TOKEN_DAY).where(
        among(col(TokenDay.organization_id), "organization_ids"),
        among(col(TokenDay.api_token_id), "ids"),
        col(TokenDay.day) == bindparam("day"),
    )
)


async def daily_budgets(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> list[Money | None]:
    """What tokens may spend in a day, by organization and token, null for no bound; for whoever sees the tokens."""
    found = {row[:2]: Money(row[2]) for row in await _of_tokens(session, _TOKEN_BUDGETS, keys)}
    return [found.get(key) for key in keys]


async def spent_on(session: Session, keys: Sequence[tuple[UUID, UUID]], day: date) -> list[Money]:
    """What tokens have spent on a day, by organization and token; for whoever sees the tokens."""
    found = {row[:2]: Money(row[2]) for row in await _of_tokens(session, _TOKEN_DAYS, keys, day=day)}
    return [found.get(key, Money(0)) for key in keys]


async def _of_tokens(session: Session, statement: Prepared, keys: Sequence[tuple[UUID, UUID]], **values: Any) -> list[Any]:
    organizations, ids = list({key[0] for key in keys}), [key[1] for key in keys]
    return [tuple(row) for row in await session.rows(statement, organization_ids=organizations, ids=ids, **values)]

