"""Paying bills, objecting to their lines, and deciding on objections."""

from typing import Annotated, cast

import strawberry

from domain.audit.writing import Done
from domain.billing import disputes, paying
from domain.kernel.ids import Kind, Ref, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.tickets import threads
from schema.approvals.failures import BudgetExceeded
from schema.billing import loaders
from schema.billing.types import BillDispute
from schema.kernel.context import Info
from schema.kernel.figures import MoneyInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import IdempotencyConflict, InsufficientFunds, Plan, Planned, PlanStale, Problem
from schema.payments import loaders as payment_loaders
from schema.payments.inputs import PaymentMethodInput
from schema.payments.types import Payment


@planned_input("Input of `billPay`.", has_key=True)
class BillPayInput:
    """How much of which bill, and how."""

    bill_id: strawberry.ID = strawberry.field(description="Bill.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much; what is due if null.")
    method: PaymentMethodInput = strawberry.field(description="Way to pay.")


@planned_input("Input of `billDispute`.")
class BillDisputeInput:
    """Which lines, and why."""

    bill_id: strawberry.ID = strawberry.field(description="Bill.")
    line_ids: list[strawberry.ID] = strawberry.field(description="Lines, 1–100.")
    reason: str = strawberry.field(description="Why, in words, for the audit.")


@planned_input("Input of `billDisputeResolve`.", has_key=True)
class BillDisputeResolveInput:
    """What is given back, and why."""

    dispute_id: strawberry.ID = strawberry.field(description="Dispute.")
    credit: MoneyInput | None = strawberry.field(default=None, description="Net credit; null or zero turns it down.")
    note: str = strawberry.field(description="Words for the customer.")


@strawberry.type(description="What `billPay` did.")
class BillPayPayload(Planned):
    """The payment is null in PLAN, and for a payer who may not see payments."""

    payment: Payment | None = strawberry.field(description="The payment.")


@strawberry.type(description="What `billDispute` did.")
class BillDisputePayload(Planned):
    """The dispute is null in PLAN."""

    dispute: BillDispute | None = strawberry.field(description="The dispute.")


@strawberry.type(description="What `billDisputeResolve` did.")
class BillDisputeResolvePayload(Planned):
    """In PLAN the dispute as it still is."""

    dispute: BillDispute = strawberry.field(description="The dispute.")


BillPayResult = Annotated[
    BillPayPayload | InsufficientFunds | BudgetExceeded | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("BillPayResult", description="Outcome of `billPay`."),
]
BillDisputeResult = Annotated[
    BillDisputePayload | PlanStale | Problem, strawberry.union("BillDisputeResult", description="Outcome of `billDispute`.")
]
BillDisputeResolveResult = Annotated[
    BillDisputeResolvePayload | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("BillDisputeResolveResult", description="Outcome of `billDisputeResolve`."),
]


@strawberry.type
class BillingMutation:
    """What can be done with bills."""

    @strawberry.mutation(description="Pays a bill, wholly or in part.", extensions=[Needs(Permission.BILL_PAY)])
    async def bill_pay(self, info: Info, scope: Scope, input: Requested[BillPayInput]) -> BillPayResult:
        """Never more than is due; a voucher is worth what it is worth, and the rest goes to the account's wallet."""
        bill_id = decode_as(Kind.BILL, input.bill_id, "billId")
        amount = input.amount.whole("amount") if input.amount else None
        way = await input.method.to_way(info.context, scope, Ref(Kind.BILL, bill_id), "billId")
        done = await info.context.write(info, scope, input, lambda work: paying.bill_pay(work, bill_id, amount, way))
        return BillPayPayload(plan=Plan.of(done.plan), payment=await _payment(info, done))

    @strawberry.mutation(description="Objects to lines of a bill and opens a ticket.", extensions=[Needs(Permission.BILL_DISPUTE)])
    async def bill_dispute(self, info: Info, scope: Scope, input: Requested[BillDisputeInput]) -> BillDisputeResult:
        """The ticket is about the bill."""
        bill_id = decode_as(Kind.BILL, input.bill_id, "billId")
        line_ids = [decode_as(Kind.BILL_LINE, id, "lineIds") for id in input.line_ids]
        locale = info.context.locale
        done = await info.context.write(
            info, scope, input, lambda work: disputes.bill_dispute(work, bill_id, line_ids, input.reason, locale=locale)
        )
        if done.result is None:
            return BillDisputePayload(plan=Plan.of(done.plan), dispute=None)
        await threads.keep_now(done.result["message"])
        dispute = cast(BillDispute, await info.context.load(loaders.disputes, done.result["dispute"]))
        return BillDisputePayload(plan=Plan.of(done.plan), dispute=dispute)

    @strawberry.mutation(
        description="Grants a dispute by a credit note, or turns it down.", extensions=[Needs(Permission.BILL_RESOLVE)]
    )
    async def bill_dispute_resolve(self, info: Info, scope: Scope, input: Requested[BillDisputeResolveInput]) -> BillDisputeResolveResult:
        """The words are the answer in its ticket as well."""
        dispute_id = decode_as(Kind.BILL_DISPUTE, input.dispute_id, "disputeId")
        credit = input.credit.whole("credit") if input.credit else None
        done = await info.context.write(
            info, scope, input, lambda work: disputes.bill_dispute_resolve(work, dispute_id, credit, input.note)
        )
        dispute = await info.context.load(loaders.disputes, dispute_id)
        return BillDisputeResolvePayload(plan=Plan.of(done.plan), dispute=cast(BillDispute, dispute))


async def _payment(info: Info, done: Done) -> Payment | None:
    actor = info.context.actor
    if not done.result or actor is None or Permission.WALLET_READ not in actor.permissions:
        return None
    return cast(Payment | None, await info.context.load(payment_loaders.payments, done.result["payment"]))
