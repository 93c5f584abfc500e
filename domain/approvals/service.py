"""Setting budgets and amount bands, and naming stand-ins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from domain.accounts.service import account_for_write
from domain.accounts.tables import Account, CostCentre
from domain.approvals import rules
from domain.approvals.asking import look_up_anew
from domain.approvals.budgets import newest
from domain.approvals.queries import authority
from domain.approvals.tables import ApprovalBand, ApprovalDelegation, Budget
from domain.audit.writing import Result, Work
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.people.tables import Person
from store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True)
class BudgetWish:
    """What an account or a cost centre may spend from a month on, in rials; null for no bound."""

    subject: Ref
    month: JalaliMonth
    limit: int | None
    thresholds: Sequence[int]


async def budget_set(work: Work, wanted: BudgetWish) -> Result:
    """Sets a budget from a month on, until a later month that was set too: `budget`, unless it was removed.

    Raises `NotFound`, `InvalidInput`.
    """
    organization_id, label = await _subject(work, wanted.subject)
    rules.check_budget(wanted.month, wanted.limit, wanted.thresholds, at=work.at)
    month = str(wanted.month)
    mine = (Budget.organization_id == organization_id, Budget.subject_id == wanted.subject.id)
    fresh: dict[str, Any] = {
        "id": rules.budget_id(wanted.subject.id, month), "organization_id": organization_id, "subject_kind": wanted.subject.kind.value,
        "subject_id": wanted.subject.id, "month": month, "amount": None, "thresholds": [], "is_set": True, "spent": 0, "committed": 0,
        "told": 0,
    }  # fmt: skip
    before = (await work.sql.scalars(select(Budget).where(*mine, newest(month)))).one_or_none()
    known = (before.amount, list(before.thresholds)) if before is not None else (None, [])
    is_new = bool(await insert_or_ignore(work.sql, Budget, [fresh]))
    own = select(Budget).where(*mine, Budget.month == month).with_for_update().execution_options(populate_existing=True)
    row = (await work.sql.scalars(own)).one()
    if not is_new:
        known = (row.amount, list(row.thresholds))
    subject = None if is_new else Ref(Kind.BUDGET, row.id)
    later = select(Budget).where(*mine, col(Budget.month) > month).order_by(col(Budget.month)).with_for_update()
    work.subjects.add(row.id)
    if known[0] != wanted.limit:
        money = Money(wanted.limit) if wanted.limit is not None else None
        work.changed(subject, f"{label} {month}", "limit", known[0], wanted.limit, money=money)
    if known[1] != list(wanted.thresholds) and wanted.limit is not None:
        work.changed(subject, f"{label} {month}", "thresholds", _listed(known[1]), _listed(wanted.thresholds))
    row.is_set = True
    _take(row, wanted)
    for one in (await work.sql.scalars(later)).all():
        if one.is_set:
            break
        _take(one, wanted)
    return {"budget": row.id} if wanted.limit is not None else {}


def _take(row: Budget, wanted: BudgetWish) -> None:
    """Gives a month its bounds; what is reached by now needn't be told."""
    row.amount, row.thresholds = wanted.limit, list(wanted.thresholds)
    row.told = rules.reached(wanted.thresholds, row.spent + row.committed, wanted.limit)


def _listed(percents: Sequence[int]) -> str | None:
    return ", ".join(f"{percent} %" for percent in percents) or None


async def _subject(work: Work, subject: Ref) -> tuple[UUID, str]:
    """Whose budget it is and what people call it; a cost centre is the whole organization's."""
    if subject.kind is Kind.ACCOUNT:
        account = await _account(work, subject.id, "subjectId")
        return account.organization_id, account.number
    centre = await work.sql.get(CostCentre, subject.id) if subject.kind is Kind.COST_CENTRE else None
    if centre is None:
        raise NotFound(field=("subjectId",))
    work.scope.require(centre.organization_id, "", "subjectId")
    work.within(centre.organization_id, "")
    return centre.organization_id, centre.code


async def _account(work: Work, account_id: UUID, field: str) -> Account:
    account = await account_for_write(work.sql, account_id)
    if account is None:
        raise NotFound(field=(field,))
    work.scope.require(account.organization_id, account.path, field)
    work.within(account.organization_id, account.path, account.id)
    return account


async def bands_set(work: Work, account_id: UUID, bands: Sequence[tuple[int, UUID]]) -> Result:
    """Replaces an account's amount bands, from rials to the person who approves from there on: `account`.

    Raises `NotFound`, `InvalidInput`, and `NotEligible` for an approver who doesn't manage the account now.
    """
    account = await _account(work, account_id, "accountId")
    rules.check_bands([amount for amount, _ in bands])
    organization_id = account.organization_id
    able = await authority(work.sql, organization_id, at=work.at)
    wanted = dict(bands)
    for place, (_, approver_id) in enumerate(bands):
        if not able.covers(approver_id, account.path):
            raise NotEligible("approvals.approver", field=("bands", str(place), "approverId"))
    await work.sql.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))  # one after the other
    here = (col(ApprovalBand.organization_id) == organization_id, col(ApprovalBand.account_id) == account_id)
    standing = {band.from_amount: band.approver_id for band in (await work.sql.scalars(select(ApprovalBand).where(*here))).all()}
    names = await _names(work, {*standing.values(), *wanted.values()})
    for amount in sorted({*standing, *wanted}):
        before, after = standing.get(amount), wanted.get(amount)
        if before != after:
            label = f"{account.number} ≥ {amount}"
            work.changed(None, label, "approvalBands.approver", before and names[before], after and names[after], money=Money(amount))
    await work.sql.execute(delete(ApprovalBand).where(*here))
    work.sql.add_all(
        ApprovalBand(id=uuid7(), organization_id=organization_id, account_id=account_id, from_amount=amount, approver_id=approver_id)
        for amount, approver_id in wanted.items()
    )
    await work.sql.flush()
    await look_up_anew(work.sql, organization_id, at=work.at)
    return {"account": account_id}


async def delegate(work: Work, to_person_id: UUID, begins: datetime | None, ends: datetime | None) -> Result:
    """Names who stands in for the one who asks, in place of whom they named before: `delegation`, none when they named themselves.

    A stand-in has to manage all that the asker manages in an organization, or they would gain what they were never given. Raises
    `InvalidInput`, `NotFound` for somebody who manages none of it, `NotEligible` for somebody who manages less.
    """
    me = work.scope.actor.person_id
    if me is None:
        raise NotFound(field=("toPersonId",))
    is_end = to_person_id == me
    starts = begins or work.at
    until = starts if is_end else rules.check_stand_in(starts, ends, at=work.at)
    made: UUID | None = None
    places = {id: places for id in work.scope.organization_ids if (places := await _places_of_both(work, id, me, to_person_id))}
    if not places:
        raise NotFound(field=("toPersonId",))
    if len(places) > 1:
        raise InvalidInput("approvals.one_organization", field=("toPersonId",))
    ((organization_id, paths),) = places.items()
    names = await _names(work, {me, to_person_id})
    for path in paths:
        work.within(organization_id, path, me, to_person_id)
    await work.sql.execute(select(Person.id).where(Person.id == me).with_for_update(key_share=True))  # one after the other
    mine = (ApprovalDelegation.organization_id == organization_id, ApprovalDelegation.from_person_id == me)
    standing = select(ApprovalDelegation).where(*mine, col(ApprovalDelegation.valid_to) > starts).with_for_update()
    for one in (await work.sql.scalars(standing)).all():
        before, one.valid_to = one.valid_to, max(starts, one.valid_from)
        work.changed(Ref(Kind.PERSON, me), names[me], "delegation.validFor.endsAt", before, begins or "now")
    if not is_end:
        made = uuid7()
        work.sql.add(
            ApprovalDelegation(
                id=made, organization_id=organization_id, from_person_id=me, to_person_id=to_person_id, valid_from=starts, valid_to=until
            )
        )
        work.changed(Ref(Kind.PERSON, me), names[me], "delegation.person.name", None, names[to_person_id])
        work.changed(Ref(Kind.PERSON, me), names[me], "delegation.validFor", None, f"{begins or 'now'} – {until}")
    return {"delegation": made, "organization": organization_id} if made else {"organization": organization_id}


async def _places_of_both(work: Work, organization_id: UUID, giver: UUID, to: UUID) -> list[str]:
    """All that somebody manages in an organization, if another manages it too; `NotEligible` when they manage but a part of it."""
    able = await authority(work.sql, organization_id, at=work.at)
    places = [one.path for one in able.managers if one.person_id == giver]
    if all(able.covers(to, path) for path in places):
        return places
    if any(one.person_id == to for one in able.managers):
        raise NotEligible("approvals.stand_in_place", field=("toPersonId",))
    return []


async def _names(work: Work, ids: set[UUID]) -> dict[UUID, str]:
    found = await work.sql.execute(select(Person.id, Person.name).where(col(Person.id).in_(ids)))
    return dict(found.all())
