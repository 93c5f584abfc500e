"""Setting budgets and bands, naming stand-ins, answering."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.approvals import deciding, queries, service
from domain.approvals.service import BudgetWish
from domain.audit.writing import Done
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, decode, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.approvals import loaders
from schema.approvals.failures import BudgetExceeded
from schema.approvals.types import Approval, ApprovalBand, ApprovalDelegation, Budget
from schema.kernel.context import Info
from schema.kernel.figures import MoneyInput, PeriodInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import IdempotencyConflict, InsufficientFunds, Plan, Planned, PlanStale, Problem


@planned_input("Input of `budgetSet`.")
class BudgetSetInput:
    """How much from which month on."""

    subject_id: strawberry.ID = strawberry.field(description="Account or cost centre.")
    month: JalaliMonth = strawberry.field(description="First month it holds for; later months inherit it.")
    limit: MoneyInput | None = strawberry.field(default=None, description="Limit; null removes it.")
    thresholds: list[int] = strawberry.field(
        default_factory=lambda: [75, 90, 100], description="Percents at which people are told, at most 5."
    )

    def to_wish(self) -> BudgetWish:
        """The domain's wish."""
        try:
            subject = decode(self.subject_id)
        except NotFound:
            raise NotFound(field=("subjectId",)) from None
        return BudgetWish(subject, self.month, self.limit.whole("limit") if self.limit else None, self.thresholds)


@strawberry.type(description="What `budgetSet` did.")
class BudgetSetPayload(Planned):
    """The plan and the budget."""

    budget: Budget | None = strawberry.field(description="The budget.")


@strawberry.input(description="An amount band.")
class ApprovalBandInput:
    """One of all bands."""

    from_amount: MoneyInput = strawberry.field(name="from", description="From this amount.")
    approver_id: strawberry.ID = strawberry.field(description="Who approves.")


@planned_input("Input of `approvalBandsSet`.")
class ApprovalBandsSetInput:
    """All bands of which account."""

    account_id: strawberry.ID = strawberry.field(description="Account.")
    bands: list[ApprovalBandInput] = strawberry.field(description="All bands, at most 50.")

    def to_bands(self) -> list[tuple[int, UUID]]:
        """From which amount on whom."""
        named = ((band, ("bands", str(place))) for place, band in enumerate(self.bands))
        return [
            (band.from_amount.whole(*field, "from"), decode_as(Kind.PERSON, band.approver_id, *field, "approverId"))
            for band, field in named
        ]


@strawberry.type(description="What `approvalBandsSet` did.")
class ApprovalBandsSetPayload(Planned):
    """The plan and the bands."""

    bands: list[ApprovalBand] = strawberry.field(description="All bands of the node, at most 50.")


@planned_input("Input of `approvalDelegate`.")
class ApprovalDelegateInput:
    """Who, and for how long."""

    to_person_id: strawberry.ID = strawberry.field(description="Stand-in, a manager.")
    valid_for: PeriodInput = strawberry.field(description="When.")


@strawberry.type(description="What `approvalDelegate` did.")
class ApprovalDelegatePayload(Planned):
    """The plan and the stand-in."""

    delegation: ApprovalDelegation | None = strawberry.field(description="The stand-in.")


@planned_input("Input of `approvalDecide`.")
class ApprovalDecideInput:
    """The answer."""

    approval_id: strawberry.ID = strawberry.field(description="Approval.")
    is_granted: bool = strawberry.field(description="Granted (true) or refused.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    note: str | None = strawberry.field(default=None, description="Words to the answer.")


@strawberry.type(description="What `approvalDecide` did.")
class ApprovalDecidePayload(Planned):
    """The plan and the approval."""

    approval: Approval = strawberry.field(description="The approval.")


BudgetSetResult = Annotated[
    BudgetSetPayload | PlanStale | Problem, strawberry.union("BudgetSetResult", description="Outcome of `budgetSet`.")
]
ApprovalBandsSetResult = Annotated[
    ApprovalBandsSetPayload | PlanStale | Problem,
    strawberry.union("ApprovalBandsSetResult", description="Outcome of `approvalBandsSet`."),
]
ApprovalDelegateResult = Annotated[
    ApprovalDelegatePayload | PlanStale | Problem,
    strawberry.union("ApprovalDelegateResult", description="Outcome of `approvalDelegate`."),
]
ApprovalDecideResult = Annotated[
    ApprovalDecidePayload | InsufficientFunds | BudgetExceeded | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("ApprovalDecideResult", description="Outcome of `approvalDecide`."),
]


async def _budget(info: Info, done: Done) -> Budget | None:
    found = done.result and done.result.get("budget")
    return cast(Budget | None, await info.context.load(loaders.budgets, found)) if found else None


async def _stand_in(info: Info, done: Done) -> ApprovalDelegation | None:
    if not done.result or not done.result.get("delegation"):
        return None
    key = (done.result["organization"], info.context.asking().person_id)
    return cast(ApprovalDelegation | None, await info.context.load(loaders.delegations, key))


@strawberry.type
class ApprovalsMutation:
    """Who may spend what, and whose word it takes."""

    @strawberry.mutation(description="Sets a month's budget of a node or cost centre.", extensions=[Needs(Permission.BUDGET_MANAGE)])
    async def budget_set(self, info: Info, scope: Scope, input: Requested[BudgetSetInput]) -> BudgetSetResult:
        """From that month on."""
        wanted = input.to_wish()
        done = await info.context.write(info, scope, input, lambda work: service.budget_set(work, wanted))
        return BudgetSetPayload(plan=Plan.of(done.plan), budget=await _budget(info, done))

    @strawberry.mutation(description="Replaces the amount bands of a node.", extensions=[Needs(Permission.BUDGET_MANAGE)])
    async def approval_bands_set(self, info: Info, scope: Scope, input: Requested[ApprovalBandsSetInput]) -> ApprovalBandsSetResult:
        """All of them at once."""
        account_id, bands = decode_as(Kind.ACCOUNT, input.account_id, "accountId"), input.to_bands()
        done = await info.context.write(info, scope, input, lambda work: service.bands_set(work, account_id, bands))
        async with info.context.read() as session:
            standing = await queries.bands_of_account(session, scope, account_id)
        return ApprovalBandsSetPayload(plan=Plan.of(done.plan), bands=cast(list[ApprovalBand], standing))

    @strawberry.mutation(description="Names a stand-in until a date.", extensions=[Needs(Permission.APPROVAL_DECIDE)])
    async def approval_delegate(self, info: Info, scope: Scope, input: Requested[ApprovalDelegateInput]) -> ApprovalDelegateResult:
        """Naming oneself ends it."""
        to, held = decode_as(Kind.PERSON, input.to_person_id, "toPersonId"), input.valid_for
        done = await info.context.write(info, scope, input, lambda work: service.delegate(work, to, held.starts_at, held.ends_at))
        return ApprovalDelegatePayload(plan=Plan.of(done.plan), delegation=await _stand_in(info, done))

    @strawberry.mutation(description="Grants, and carries out, or refuses.", extensions=[Needs(Permission.APPROVAL_DECIDE)])
    async def approval_decide(self, info: Info, scope: Scope, input: Requested[ApprovalDecideInput]) -> ApprovalDecideResult:
        """In one transaction with what it lets pass."""
        id = decode_as(Kind.APPROVAL, input.approval_id, "approvalId")
        done = await info.context.write(info, scope, input, lambda work: deciding.decide(work, id, input.is_granted, input.note))
        approval = await info.context.load(loaders.approvals, id)
        return ApprovalDecidePayload(plan=Plan.of(done.plan), approval=cast(Approval, approval))
