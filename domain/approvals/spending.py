"""Taking money out of budgets before it is spent, each by a guarded UPDATE: however many spend at once, none is passed by accident."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select

from domain.approvals import rules
from domain.approvals.budgets import budget_row, budgets_touched
from domain.approvals.notices import tell_reached
from domain.approvals.queries import authority, bands_above
from domain.approvals.rules import Question
from domain.approvals.tables import Budget, Spending, SpendingState, TokenBudget, TokenDay
from domain.audit.writing import Work
from domain.kernel.calendar import JalaliMonth, day_of
from domain.kernel.errors import BudgetExceeded
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.kernel.plan import ApprovalNeed, ApprovalReason
from domain.kernel.scope import ActorRef
from store.session import Session
from store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody wants to spend at once: so many rials of the account at `path`, `shares` of them on cost centres, for `cause`."""

    organization_id: UUID
    path: str
    cause: Ref
    amount: int
    shares: Mapping[UUID, int]
    by: ActorRef


@dataclass(frozen=True, slots=True)
class Asked:
    """What has to be approved first, and by whom."""

    question: Question
    asked_ids: Sequence[UUID]
    approver_ids: Sequence[UUID]
    over_ids: Sequence[UUID] = ()
    """Accounts and cost centres whose budgets would be passed."""


@dataclass(slots=True)
class Part:
    """What a claim takes of one budget; nothing yet where that is over."""

    budget: Budget
    path: str
    amount: int
    is_over: bool = False

    def as_json(self) -> dict[str, Any]:
        """The part as it is stored."""
        return {
            "budget": self.budget.id.hex, "kind": self.budget.subject_kind, "subject": self.budget.subject_id.hex, "amount": self.amount,
            "over": self.is_over,
        }  # fmt: skip


async def spend(work: Work, claim: Claim) -> Asked | None:
    """Takes a claim out of every budget it falls under, and out of its token's day; adds what it has to wait for to the work's plan.

    Null when nothing has to be approved: it is spent. Else it is committed, but of budgets that it would pass nothing is taken; `grant`
    or `release` follows. Raises `BudgetExceeded` when its token's day or, with nobody who could approve, a budget or band would be passed.
    """
    day = await _take_of_token(work, claim)
    parts = await _take(work, claim)
    asked = await _asked(work, claim, parts)
    if asked is None:
        await _turn_spent(work.sql, parts)
    await _note(work.sql, claim, SpendingState.COMMITTED if asked else SpendingState.SPENT, parts, day)
    return asked


async def spend_now(work: Work, claim: Claim) -> None:
    """Takes what can't wait for an answer out of every budget it falls under, and out of its token's day.

    Raises `BudgetExceeded` when one of them would be passed, or when its amount is in a band that isn't the payer's own to answer for. The
    operator's people only write down what a company paid: that counts, and is never refused.
    """
    day = await _take_of_token(work, claim)
    parts = await _take(work, claim)
    if not claim.by.is_operator:
        await _refuse_waiting(work, claim, parts)
    await _spend_all(work, parts)
    await _note(work.sql, claim, SpendingState.SPENT, parts, day, is_kept=True)


async def grant(work: Work, claim: Claim, approver_id: UUID) -> None:
    """Spends what was committed, budgets and bands as they stand now: passing any of them needs an answer that is this person's to give.

    Raises `BudgetExceeded` when it is another's.
    """
    spending = await _spending(work.sql, claim.organization_id, claim.cause.id)
    touched = await _this_month(work, claim)
    earlier = [UUID(part["budget"]) for part in spending.parts] if spending else []
    await _lock(work.sql, [*earlier, *(part.budget.id for part in touched)])
    if spending is not None:
        await _give(work.sql, [(UUID(part["budget"]), part["amount"]) for part in spending.parts if not part["over"]], "committed")
    parts = await _taken(work, touched)
    asked = await _asked(work, claim, parts)
    if asked is not None and approver_id not in asked.approver_ids:
        raise _exceeded(claim, parts, await bands_above(work.sql, claim.organization_id, claim.path))
    await _spend_all(work, parts)
    if spending is None:
        await _note(work.sql, claim, SpendingState.SPENT, parts, None)
    else:
        spending.state, spending.amount, spending.parts = SpendingState.SPENT, claim.amount, [part.as_json() for part in parts]
        await work.sql.flush()
    work.approvals.clear()


async def release(session: Session, organization_id: UUID, cause_id: UUID) -> None:
    """Gives back all that was committed, once; its token's day too."""
    spending = await _spending(session, organization_id, cause_id)
    if spending is None or spending.state != SpendingState.COMMITTED:
        return
    spending.state = SpendingState.RELEASED
    await session.flush()
    await _give(session, [(UUID(part["budget"]), part["amount"]) for part in spending.parts if not part["over"]], "committed")
    await _give_to_token(session, spending, spending.amount)


async def give_back(session: Session, organization_id: UUID, cause_id: UUID, amounts: Sequence[tuple[UUID | None, int]]) -> None:
    """Gives back a part of what was spent, by cost centre: refunded items. Comes before their refund, as budgets come before wallets."""
    spending = await _spending(session, organization_id, cause_id)
    if spending is None or spending.state != SpendingState.SPENT:
        return
    whole, shares = sum(amount for _, amount in amounts), rules.shares(amounts)
    given = []
    for part in spending.parts:
        amount = shares.get(UUID(part["subject"]), 0) if part["kind"] == Kind.COST_CENTRE.value else whole
        given.append((UUID(part["budget"]), amount))
    await _give(session, given, "spent")
    await _give_to_token(session, spending, whole)


async def spent_by(session: Session, organization_id: UUID, cause_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """How much of what each of these causes took is spent now; absent is nothing."""
    columns: tuple[Any, ...] = (Spending.cause_id, Spending.amount)
    mine = (Spending.organization_id == organization_id, col(Spending.cause_id).in_(cause_ids), Spending.state == SpendingState.SPENT)
    return {row[0]: row[1] for row in await session.execute(select(*columns).where(*mine))}


async def take_back(session: Session, organization_id: UUID, cause_id: UUID, amount: int) -> None:
    """Gives back so many rials of what a cause spent, of each of its budgets in proportion: in whatever parts, all of it in the end."""
    spending = await _spending(session, organization_id, cause_id)
    if spending is None or spending.state != SpendingState.SPENT:
        return
    left = spending.amount - amount
    kept = [part | {"amount": part["amount"] * left // spending.amount} for part in spending.parts]
    given = [(UUID(part["budget"]), part["amount"] - rest["amount"]) for part, rest in zip(spending.parts, kept, strict=True)]
    spending.amount, spending.parts = left, kept
    await session.flush()
    await _give(session, given, "spent")
    await _give_to_token(session, spending, amount)


async def set_daily_budget(session: Session, organization_id: UUID, api_token_id: UUID, amount: int) -> None:
    """Says what a token that is new may spend in a day, in rials."""
    session.add(TokenBudget(organization_id=organization_id, api_token_id=api_token_id, amount=amount))
    await session.flush()


async def _take(work: Work, claim: Claim) -> list[Part]:
    return await _taken(work, await _this_month(work, claim))


async def _this_month(work: Work, claim: Claim) -> list[Part]:
    """The budgets a claim falls under, in the order of their ids, with rows of this month; each would give its part."""
    month = str(JalaliMonth.of(work.at))
    found = await budgets_touched(work.sql, claim.organization_id, claim.path, list(claim.shares), month)
    inherited = [budget for budget, _ in found.values() if budget.month != month]
    if inherited:
        await insert_or_ignore(work.sql, Budget, [_inherited(budget, month) for budget in inherited])
        found = await budgets_touched(work.sql, claim.organization_id, claim.path, list(claim.shares), month)
    parts = [Part(budget, path, claim.shares.get(budget.subject_id, claim.amount)) for budget, path in found.values()]
    return sorted(parts, key=lambda part: part.budget.id)


def _inherited(budget: Budget, month: str) -> dict[str, Any]:
    return {
        "id": rules.budget_id(budget.subject_id, month), "organization_id": budget.organization_id, "subject_kind": budget.subject_kind,
        "subject_id": budget.subject_id, "month": month, "amount": budget.amount, "thresholds": budget.thresholds, "is_set": False,
        "spent": 0, "committed": 0, "told": 0,
    }  # fmt: skip


async def _taken(work: Work, parts: list[Part]) -> list[Part]:
    """Commits each part whose budget allows it, and says of the others that they are over."""
    for part in parts:
        part.is_over = not await _add(work.sql, part, committed=part.amount, is_guarded=True)
        if not part.is_over:
            await tell_reached(work, part.budget)
    return parts


async def _add(session: Session, part: Part, *, spent: int = 0, committed: int = 0, is_guarded: bool = False) -> bool:
    """Adds to one budget, if it allows it; whether it did. Its row then reads as it stands."""
    total = col(Budget.spent) + col(Budget.committed) + spent + committed
    here = [col(Budget.organization_id) == part.budget.organization_id, col(Budget.id) == part.budget.id]
    changed = await session.execute(
        update(Budget)
        .where(*here, *([total <= col(Budget.amount)] if is_guarded else []))
        .values(spent=col(Budget.spent) + spent, committed=col(Budget.committed) + committed)
        .returning(col(Budget.spent), col(Budget.committed), col(Budget.told))
        .execution_options(synchronize_session=False)
    )
    row = changed.first()
    if row is None:
        await session.refresh(part.budget)
        return False
    for name, value in zip(("spent", "committed", "told"), row, strict=True):
        set_committed_value(part.budget, name, value)
    return True


async def _note(
    session: Session, claim: Claim, state: SpendingState, parts: Sequence[Part], day: date | None, *, is_kept: bool = False
) -> None:
    """Remembers what a claim took, if it took anything or is to be kept all the same."""
    if parts or day is not None or is_kept:
        session.add(
            Spending(
                organization_id=claim.organization_id, cause_id=claim.cause.id, cause_kind=claim.cause.kind.value, state=state,
                amount=claim.amount, parts=[part.as_json() for part in parts], api_token_id=claim.by.api_token_id if day else None, day=day,
            )
        )  # fmt: skip
        await session.flush()


async def _spend_all(work: Work, parts: Sequence[Part]) -> None:
    """Spends every part, those too that pass their budget."""
    await _turn_spent(work.sql, parts)
    for part in parts:
        if part.is_over:
            await _add(work.sql, part, spent=part.amount)
            await tell_reached(work, part.budget)


async def _turn_spent(session: Session, parts: Sequence[Part]) -> None:
    """What was committed of these is spent."""
    for part in parts:
        if not part.is_over:
            await _add(session, part, spent=part.amount, committed=-part.amount)


async def _give(session: Session, given: Sequence[tuple[UUID, int]], column: str) -> None:
    """Takes amounts back from a column of budgets, in the order of their ids."""
    for id, amount in sorted(given):
        if amount:
            await session.execute(
                update(Budget)
                .where(col(Budget.id) == id)
                .values({column: getattr(Budget, column) - amount})
                .execution_options(synchronize_session=False)
            )


async def _lock(session: Session, ids: Collection[UUID]) -> None:
    """Holds budgets in the order of their ids, where more than one of them is changed more than once."""
    if ids:
        held = select(Budget.id).where(col(Budget.id).in_(set(ids))).order_by(col(Budget.id))
        await session.execute(held.with_for_update())


async def _asked(work: Work, claim: Claim, parts: Sequence[Part]) -> Asked | None:
    """What a claim has to wait for, noted in the plan; raises `BudgetExceeded` when nobody could let it pass."""
    bands = await bands_above(work.sql, claim.organization_id, claim.path)
    band, over = rules.band_of(bands, claim.path, claim.amount), [part for part in parts if part.is_over]
    if band is None and not over:
        return None
    places = [part.path or rules.prefixes(claim.path)[0] for part in over]
    question = Question(claim.path, claim.amount, claim.by.person_id, band is not None, places)
    able = await authority(work.sql, claim.organization_id, at=work.at)
    asked_ids = rules.asked_of(question, bands, able)
    if not asked_ids:
        raise _exceeded(claim, parts, bands)
    approvers = able.with_stand_ins(asked_ids, claim.path, question.requester_id)
    if band is not None:
        work.approvals.append(ApprovalNeed(ApprovalReason.AMOUNT, tuple(approvers), Money(claim.amount)))
    work.approvals.extend(ApprovalNeed(ApprovalReason.BUDGET, tuple(approvers), Money(part.amount)) for part in over)
    return Asked(question, asked_ids, approvers, [part.budget.subject_id for part in over])


async def _refuse_waiting(work: Work, claim: Claim, parts: Sequence[Part]) -> None:
    """Raises `BudgetExceeded` for a claim that would have to wait for somebody else."""
    bands = await bands_above(work.sql, claim.organization_id, claim.path)
    if any(part.is_over for part in parts):
        raise _exceeded(claim, parts, bands)
    if rules.band_of(bands, claim.path, claim.amount) is None:
        return
    able = await authority(work.sql, claim.organization_id, at=work.at)
    asked = rules.asked_of(Question(claim.path, claim.amount, None, is_over_band=True), bands, able)
    if claim.by.api_token_id is not None or claim.by.person_id not in able.with_stand_ins(asked, claim.path, None):
        raise _exceeded(claim, parts, bands, "approvals.another")


def _exceeded(
    claim: Claim, parts: Sequence[Part], bands: Sequence[rules.Band], band_key: str = "approvals.nobody"
) -> BudgetExceeded:
    """The failure of a claim that nobody there can let pass: of the budget that has least left, else of the band."""
    over = min((part for part in parts if part.is_over), key=lambda part: _left(part.budget), default=None)
    if over is not None:
        free = max(_left(over.budget), 0)
        return BudgetExceeded(required=Money(over.amount), available=Money(free), budget=budget_row(over.budget, over.path))
    band = rules.band_of(bands, claim.path, claim.amount)
    without = max(rules.effective(bands, claim.path)[0].from_amount - 1, 0) if band else 0
    return BudgetExceeded(band_key, required=Money(claim.amount), available=Money(without))


def _left(budget: Budget) -> int:
    return (budget.amount or 0) - budget.spent - budget.committed


async def _spending(session: Session, organization_id: UUID, cause_id: UUID) -> Spending | None:
    """What a cause took, locked."""
    wanted = select(Spending).where(Spending.organization_id == organization_id, Spending.cause_id == cause_id)
    return (await session.scalars(wanted.with_for_update().execution_options(populate_existing=True))).one_or_none()


async def _take_of_token(work: Work, claim: Claim) -> date | None:
    """Counts what a token spends today, and keeps it within its bound; null when no token asks."""
    token_id, day = claim.by.api_token_id, day_of(work.at)
    if token_id is None:
        return None
    place = {"organization_id": claim.organization_id, "api_token_id": token_id}
    await insert_or_ignore(work.sql, TokenDay, [place | {"day": day, "spent": 0}])
    bound = select(TokenBudget.amount).filter_by(**place)
    most = (await work.sql.scalars(bound)).one_or_none()
    here = (col(TokenDay.organization_id) == claim.organization_id, col(TokenDay.api_token_id) == token_id, col(TokenDay.day) == day)
    allowed = [col(TokenDay.spent) + claim.amount <= most] if most is not None else []
    changed = await work.sql.execute(
        update(TokenDay)
        .where(*here, *allowed)
        .values(spent=col(TokenDay.spent) + claim.amount)
        .returning(col(TokenDay.spent))
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        spent = (await work.sql.scalars(select(TokenDay.spent).where(*here))).one()
        raise BudgetExceeded("approvals.token_day", required=Money(claim.amount), available=Money(max((most or 0) - spent, 0)))
    return day


async def _give_to_token(session: Session, spending: Spending, amount: int) -> None:
    """Gives a token back what came to nothing on the day it was counted."""
    if spending.api_token_id is not None and amount:
        await session.execute(
            update(TokenDay)
            .where(
                col(TokenDay.organization_id) == spending.organization_id, col(TokenDay.api_token_id) == spending.api_token_id,
                col(TokenDay.day) == spending.day,
            )
            .values(spent=col(TokenDay.spent) - amount)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
