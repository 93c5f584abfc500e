"""Budgets, amount bands, stand-ins and approvals, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from domain.approvals import budgets, queries
from domain.approvals.budgets import BudgetRow
from domain.approvals.queries import ApprovalKey, ApprovalRow, BandRow, DelegationRow
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.scope import Scope
from schema.accounts import loaders as account_loaders
from schema.approvals import loaders
from schema.approvals.enums import ApprovalReason, ApprovalState
from schema.engine.fields import batched, plain, rows_of
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, FigureSource, First, Last, Measured, Money, Period
from schema.kernel.nodes import Found, Node, found, global_id
from schema.kernel.outcomes import Plan
from schema.kernel.pages import CountedConnection
from schema.people.actors import Actor
from schema.people.types import Person

if TYPE_CHECKING:
    from schema.accounts.types import Account, CostCentre
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    CostCentre = Annotated["CostCentre", strawberry.lazy("schema.accounts.types")]

BudgetSubject = Annotated[Account | CostCentre, strawberry.union("BudgetSubject", description="What a budget is for.")]


def _as_of(_row: BudgetRow, context: Context) -> datetime:
    """What is in the ledger by now is in the budget."""
    return context.now


def _source(_row: BudgetRow) -> FigureSource:
    return FigureSource.LEDGER


@strawberry.type(description="Money a node or cost centre may spend in a Jalali month.")
class Budget(Node, Measured):
    """Served from `BudgetRow`."""

    id: strawberry.ID = global_id(Kind.BUDGET)
    month: JalaliMonth = strawberry.field(description="Month.")
    limit: Money = strawberry.field(description="Upper bound.")
    spent: Money = strawberry.field(description="Spent.")
    committed: Money = strawberry.field(description="Held, approved or known to come.")
    free: Money = strawberry.field(description="Left after both.")
    thresholds: list[int] = strawberry.field(description="Percents at which people are told, at most 5.")

    is_type_of = rows_of(BudgetRow)

    subject: BudgetSubject = batched(found, key="subject", description="What it is for.")
    as_of: datetime = plain(_as_of, description="Complete up to here.")
    source: FigureSource = plain(_source, description="Counted by.")


def _held(row: DelegationRow) -> Period:
    """Half-open."""
    return Period(starts_at=row.valid_from, ends_at=row.valid_to)


@strawberry.type(description="A stand-in.")
class ApprovalDelegation:
    """Served from `DelegationRow`."""

    is_type_of = rows_of(DelegationRow)

    to: Person = batched(loaders.persons_named, key="to_person_id", description="Stand-in.")
    valid_for: Period = plain(_held, description="When it holds.")


@strawberry.type(description="An amount band and who approves it.")
class ApprovalBand:
    """Served from `BandRow`."""

    is_type_of = rows_of(BandRow)

    from_amount: Money = strawberry.field(name="from", description="From this amount.")
    account: Account = batched(account_loaders.accounts, key="account_id", description="Where, with everything below.")
    approver: Person = batched(loaders.persons_named, key="approver_id", description="Who approves.")
    delegation: ApprovalDelegation | None = batched(
        loaders.delegations, key=("organization_id", "approver_id"), description="Who stands in for the approver, and until when."
    )


def approver_key(row: ApprovalRow) -> ApprovalKey:
    """What tells who may answer it."""
    return row.organization_id, row.id, row.path, row.requester_id


def _plan(row: ApprovalRow) -> Plan:
    """As it was when it was asked."""
    return Plan.of(row.plan)


@strawberry.type(description="A decision somebody has to take.")
class Approval(Node):
    """Served from `ApprovalRow`."""

    id: strawberry.ID = global_id(Kind.APPROVAL)
    reason: ApprovalReason = strawberry.field(description="Why it is asked.")
    state: ApprovalState = strawberry.field(description="State it is in now.")
    requested_by: Actor = strawberry.field(description="Who asks: a manager, or a line's holder by SMS.")
    requested_at: datetime = strawberry.field(description="When it was asked.")
    due_at: datetime = strawberry.field(description="Latest answer.")
    amount: Money | None = strawberry.field(description="Amount.")
    decided_by: Actor | None = strawberry.field(description="Who answered.")
    decided_at: datetime | None = strawberry.field(description="When it was answered.")
    note: str | None = strawberry.field(description="Words to the answer.")

    is_type_of = rows_of(ApprovalRow)

    subject: Node | None = batched(
        found, key="subject", description="What it is about: order, SIM card, member, budget.", extensions=[Found()]
    )
    plan: Plan = plain(_plan, description="Exactly what will happen.")
    approvers: list[Person] = batched(
        loaders.approvers, key=approver_key, description="Who may answer, delegations included, at most 20."
    )


async def budgets_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    month: Annotated[JalaliMonth | None, strawberry.argument(description="Month wanted, the present one if null.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Budget] | None:
    """`Organization.budgets`: one page of a month."""
    window, wanted = Window.of(first, after, last, before), month or JalaliMonth.of(info.context.now)
    return await CountedConnection[Budget].read(
        info.context,
        lambda session: budgets.budgets_page(session, scope, root.id, wanted, window),
        lambda session: budgets.budgets_count(session, scope, root.id, wanted),
    )


async def bands_of_organization(root: strawberry.Parent[Any], info: Info, scope: Scope) -> list[ApprovalBand] | None:
    """`Organization.approvalBands`: in the order of the tree."""
    async with info.context.read() as session:
        return cast(list[ApprovalBand], await queries.bands_of_organization(session, scope, root.id))


_WAITING = [ApprovalState.PENDING]


async def approvals_of_viewer(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    states: Annotated[list[ApprovalState], strawberry.argument(description="States wanted.")] = _WAITING,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Approval] | None:
    """`Viewer.approvals`: one page, newest first."""
    window, at, me = Window.of(first, after, last, before), info.context.now, info.context.asking().person_id
    return await CountedConnection[Approval].read(
        info.context,
        lambda session: queries.inbox_page(session, scope, me, states, window, at=at),
        lambda session: queries.inbox_count(session, scope, me, states, at=at),
    )

