"""Reading groups: an organization's, those a card is in, their managers and how many cards they have.

A card counts where it was put in and stands at or below the group's account (decision 0102).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import starmap
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, func
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun
from domain.kernel.batches import grouped, in_order
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.plan import Reason
from domain.kernel.scope import Scope
from domain.kernel.text import search_key
from domain.people.queries import is_held
from domain.people.tables import Membership
from domain.reading import By, Limits, count, names_of, page, shaped, under
from domain.sims.counting import CountersRow, counted
from domain.sims.grouping import in_group, is_group
from domain.sims.tables import GroupMember, Sim, SimGroup
from store.fragments import holds
from store.session import Session
from store.statements import Bound, Prepared, among
from store.types import UtcDateTime

MOST_OF_A_SIM = 20


class GroupRow(msgspec.Struct, frozen=True):
    """A group as it is shown; `path` is its account's place."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    path: str
    name: str


_COLUMNS: tuple[Any, ...] = (SimGroup.id, SimGroup.organization_id, SimGroup.account_id, Account.path, SimGroup.name)
_BY_NAME = (By(col(SimGroup.name_fold)), By(col(SimGroup.id)))
CONDITIONS = {
    "organization_id": col(SimGroup.organization_id) == bindparam("organization_id"),
    "search": holds(col(SimGroup.name_fold), "search"),
    "ids": among(col(SimGroup.id), "ids"),
}
"""What narrows the list, by the name of the value it compares with."""
IN_PLACE = and_(
    col(GroupMember.organization_id) == col(SimGroup.organization_id), col(GroupMember.group_id) == col(SimGroup.id),
    col(Sim.organization_id) == col(GroupMember.organization_id), col(Sim.id) == col(GroupMember.sim_id),
    under(col(Sim.path), col(Account.path)),
)  # fmt: skip
"""A card that was put into a group and still stands where it may be in it."""


def _groups(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS).join(Account, col(Account.id) == col(SimGroup.account_id))
    return scope.limit(statement, col(Account.organization_id), col(Account.path), is_group)


@shaped
def _narrowed(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    return _groups(scope).where(*(CONDITIONS[name] for name in given))


def _list(scope: Scope, organization_id: UUID, search: str | None) -> Bound:
    values = {"organization_id": organization_id, "search": search_key(search) or None if search else None}
    return _narrowed(scope, names_of(values))(**values)


async def groups_page(
    session: Session, scope: Scope, organization_id: UUID, *, window: Window, search: str | None = None
) -> Page[GroupRow]:
    """An organization's groups in scope, by name; `search` is a part of that, folded."""
    found = await page(session, _list(scope, organization_id, search), window, _BY_NAME, name="groups")
    return found.map(lambda row: GroupRow(*row[: len(_COLUMNS)]))


async def groups_count(session: Session, scope: Scope, organization_id: UUID, *, search: str | None = None) -> int:
    """How many groups that is."""
    return await count(session, _list(scope, organization_id, search))


async def groups_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[GroupRow | None]:
    """Groups in the order asked, null for those out of scope."""
    return in_order(ids, starmap(GroupRow, await session.rows(_narrowed(scope, ("ids",)), ids=ids)))


@shaped
def _groups_of_sims(scope: Limits) -> Select[Any]:
    columns: tuple[Any, ...] = (GroupMember.sim_id, *_COLUMNS)
    statement: Any = select(*columns).select_from(SimGroup).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id)).join(Sim, IN_PLACE)
    statement = statement.where(among(col(GroupMember.sim_id), "sim_ids")).order_by(col(SimGroup.name_fold), col(SimGroup.id))
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(Account.path), is_group))


async def groups_of_sims(session: Session, scope: Scope, sim_ids: Sequence[UUID]) -> list[list[GroupRow]]:
    """The groups in scope that each card is in, by name, at most 20 each."""
    rows = await session.rows(_groups_of_sims(scope), sim_ids=sim_ids)
    return grouped(sim_ids, ((row[0], GroupRow(*row[1:])) for row in rows), most=MOST_OF_A_SIM)


_MANAGER: tuple[Any, ...] = (Membership.group_id, Membership.person_id)
_MANAGERS = Prepared(
    select(*_MANAGER)
    .where(among(col(Membership.group_id), "group_ids"), is_held(bindparam("at", type_=UtcDateTime)))
    .order_by(col(Membership.valid_from), col(Membership.id))
)


async def managers_of(session: Session, group_ids: Sequence[UUID], *, at: datetime) -> list[UUID | None]:
    """Who manages each group at an instant, by the ids of persons."""
    found = dict(tuple(row) for row in await session.rows(_MANAGERS, group_ids=group_ids, at=at))
    return [found.get(id) for id in group_ids]


@shaped
def _counted(scope: Limits) -> Select[Any]:
    columns: tuple[Any, ...] = (SimGroup.id, Sim.status, func.count(col(Sim.id)))
    statement: Any = select(*columns).select_from(SimGroup).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id)).join(Sim, IN_PLACE)
    statement = statement.where(among(col(SimGroup.id), "group_ids")).group_by(col(SimGroup.id), col(Sim.status))
    return cast(Select[Any], scope.limit(statement, col(Sim.organization_id), col(Sim.path), in_group))


async def counters(session: Session, scope: Scope, group_ids: Sequence[UUID]) -> list[CountersRow]:
    """The cards in scope of each group, counted by status."""
    sums: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group_id, status, number in await session.rows(_counted(scope), group_ids=group_ids):
        sums[group_id][status] += number
    return [counted(sums[group_id], scope.at) for group_id in group_ids]


class PaymentPolicyRow(msgspec.Struct, frozen=True):
    """A policy as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    group_id: UUID
    wallet_id: UUID
    is_active: bool
    notify_emails: list[str]
    trigger_below: int | None
    trigger_unit: str | None
    amount: int | None
    day_of_month: int | None
    threshold: int | None


class PaymentPolicyRunRow(msgspec.Struct, frozen=True):
    """One firing of a policy as it is shown."""

    id: UUID
    organization_id: UUID
    path: str
    sim_id: UUID
    at: datetime
    amount: Money
    transfer_id: UUID | None
    failure: Reason | None


_POLICY: tuple[Any, ...] = (
    PaymentPolicy.id, PaymentPolicy.organization_id, Account.path, PaymentPolicy.group_id, PaymentPolicy.wallet_id, PaymentPolicy.is_active,
    PaymentPolicy.notify_emails, PaymentPolicy.trigger_below, PaymentPolicy.trigger_unit, PaymentPolicy.amount, PaymentPolicy.day_of_month,
    PaymentPolicy.threshold,
)  # fmt: skip
_RUN: tuple[Any, ...] = (
    PaymentPolicyRun.id, PaymentPolicyRun.organization_id, PaymentPolicyRun.path, PaymentPolicyRun.sim_id, PaymentPolicyRun.at,
    PaymentPolicyRun.amount, PaymentPolicyRun.transfer_id, PaymentPolicyRun.failure,
)  # fmt: skip
_NEWEST = (By(col(PaymentPolicyRun.at), is_descending=True), By(col(PaymentPolicyRun.id), is_descending=True))
RUN_CONDITIONS = {
    "policy_id": col(PaymentPolicyRun.policy_id) == bindparam("policy_id"),
    "organization_id": col(PaymentPolicyRun.organization_id) == bindparam("organization_id"),
    "starts_at": col(PaymentPolicyRun.at) >= bindparam("starts_at"),
    "ends_at": col(PaymentPolicyRun.at) < bindparam("ends_at"),
    "ids": among(col(PaymentPolicyRun.id), "ids"),
}
"""What narrows runs, by the name of the value it compares with."""


def _policies(scope: Limits, condition: Any) -> Select[Any]:
    statement: Any = select(*_POLICY).join(SimGroup, col(SimGroup.id) == col(PaymentPolicy.group_id))
    statement = statement.join(Account, col(Account.id) == col(SimGroup.account_id)).where(condition)
    statement = statement.order_by(col(PaymentPolicy.created_at), col(PaymentPolicy.id))
    return cast(Select[Any], scope.limit(statement, col(Account.organization_id), col(Account.path), is_group))


@shaped
def _policies_of_groups(scope: Limits) -> Select[Any]:
    return _policies(scope, among(col(PaymentPolicy.group_id), "group_ids"))


@shaped
def _policies_by_ids(scope: Limits) -> Select[Any]:
    return _policies(scope, among(col(PaymentPolicy.id), "ids"))


async def policies_of_groups(session: Session, scope: Scope, group_ids: Sequence[UUID]) -> list[list[PaymentPolicyRow]]:
    """The policies of groups in scope, oldest first."""
    policies = starmap(PaymentPolicyRow, await session.rows(_policies_of_groups(scope), group_ids=group_ids))
    return grouped(group_ids, ((policy.group_id, policy) for policy in policies))


async def policies_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[PaymentPolicyRow | None]:
    """Policies in the order asked, null for those out of scope."""
    return in_order(ids, starmap(PaymentPolicyRow, await session.rows(_policies_by_ids(scope), ids=ids)))


def _of_policies(group_id: Any) -> Any:
    """A run of a policy of the group."""
    return col(PaymentPolicyRun.policy_id).in_(select(col(PaymentPolicy.id)).where(col(PaymentPolicy.group_id) == group_id))


@shaped
def _runs(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    statement: Any = select(*_RUN).where(*(RUN_CONDITIONS[name] for name in given))
    return cast(Select[Any], scope.limit(statement, col(PaymentPolicyRun.organization_id), col(PaymentPolicyRun.path), _of_policies))


def _run(row: Any) -> PaymentPolicyRunRow:
    id, organization_id, path, sim_id, at, amount, transfer_id, failure = row[: len(_RUN)]
    reason = Reason.from_json(failure) if failure else None
    return PaymentPolicyRunRow(id, organization_id, path, sim_id, at, Money(amount), transfer_id, reason)


async def runs_page(
    session: Session, scope: Scope, policy: PaymentPolicyRow, *, window: Window, starts_at: datetime | None, ends_at: datetime | None
) -> Page[PaymentPolicyRunRow]:
    """What a policy did on lines in scope, newest first, within a half-open span."""
    values = {"policy_id": policy.id, "organization_id": policy.organization_id, "starts_at": starts_at, "ends_at": ends_at}
    given = names_of(values)
    statement = _runs(scope, given)(**{name: values[name] for name in given})
    return (await page(session, statement, window, _NEWEST, name="policy_runs")).map(_run)


async def runs_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[PaymentPolicyRunRow | None]:
    """Runs in the order asked, null for those out of scope."""
    return in_order(ids, map(_run, await session.rows(_runs(scope, ("ids",)), ids=ids)))
