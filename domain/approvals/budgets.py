"""Reading budgets: what accounts, cost centres and tokens may spend, and have spent."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, func, literal_column, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.approvals import rules
from domain.approvals.tables import Budget, TokenBudget, TokenDay
from domain.kernel.batches import in_order
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import KINDS, Ref
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.reading import By, Limits, count, page, shaped
from store.session import Session
from store.statements import Prepared, among


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


_BUDGET: tuple[Any, ...] = (
    Budget.id, Budget.organization_id, Budget.subject_kind, Budget.subject_id, Budget.month, Budget.amount, Budget.spent, Budget.committed,
    Budget.thresholds,
)  # fmt: skip
_PLACE = func.coalesce(col(Account.path), literal_column("''"))
_PLACED: tuple[Any, ...] = (*_BUDGET, _PLACE)


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
