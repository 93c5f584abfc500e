"""Paying in, confirming, giving back, and making vouchers."""

from typing import Annotated, cast

import strawberry

from domain.audit.writing import Result, Work
from domain.kernel.ids import Kind, Ref, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.payments import service, vouchers
from domain.payments.vouchers import NewBatch
from schema.kernel.context import Info
from schema.kernel.inputs import Requested
from schema.kernel.needs import Needs
from schema.kernel.outcomes import (
    IdempotencyConflict,
    InsufficientFunds,
    LimitReached,
    Plan,
    Planned,
    PlanStale,
    Problem,
    StepUpRequired,
)
from schema.payments import loaders
from schema.payments.inputs import PaymentRefundInput, PaymentResolveInput, VoucherBatchCreateInput, WalletTopUpInput
from schema.payments.types import Payment, VoucherBatch


@strawberry.type(description="What `walletTopUp` did.")
class WalletTopUpPayload(Planned):
    """The payment is null in PLAN."""

    payment: Payment | None = strawberry.field(description="The payment.")


@strawberry.type(description="What `paymentResolve` did.")
class PaymentResolvePayload(Planned):
    """The plan and the payment."""

    payment: Payment = strawberry.field(description="The payment.")


@strawberry.type(description="What `paymentRefund` did.")
class PaymentRefundPayload(Planned):
    """The payment that gives back; null in PLAN."""

    payment: Payment | None = strawberry.field(description="The payment.")


@strawberry.type(description="What `voucherBatchCreate` did.")
class VoucherBatchCreatePayload(Planned):
    """The batch and its codes, once: none in PLAN and when the same is asked again."""

    batch: VoucherBatch | None = strawberry.field(description="The batch.")
    codes: list[str] = strawberry.field(description="Codes, shown only here.")

    def __repr__(self) -> str:
        return "VoucherBatchCreatePayload(…)"


WalletTopUpResult = Annotated[
    WalletTopUpPayload | LimitReached | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("WalletTopUpResult", description="Outcome of `walletTopUp`."),
]
PaymentResolveResult = Annotated[
    PaymentResolvePayload | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("PaymentResolveResult", description="Outcome of `paymentResolve`."),
]
PaymentRefundResult = Annotated[
    PaymentRefundPayload | InsufficientFunds | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("PaymentRefundResult", description="Outcome of `paymentRefund`."),
]
VoucherBatchCreateResult = Annotated[
    VoucherBatchCreatePayload | StepUpRequired | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("VoucherBatchCreateResult", description="Outcome of `voucherBatchCreate`."),
]


@strawberry.type
class PaymentsMutation:
    """Money in, and back."""

    @strawberry.mutation(
        description="Pays money into a wallet: gateway, slip, cheque or voucher.", extensions=[Needs(Permission.WALLET_TOP_UP)]
    )
    async def wallet_top_up(self, info: Info, scope: Scope, input: Requested[WalletTopUpInput]) -> WalletTopUpResult:
        """A gateway's payment begins here and ends when its money is there."""
        wallet_id = decode_as(Kind.WALLET, input.wallet_id, "walletId")
        amount = input.amount.whole("amount") if input.amount else None
        way = await input.method.to_way(info.context, scope, Ref(Kind.WALLET, wallet_id), "walletId")
        done = await info.context.write(info, scope, input, lambda work: service.top_up(work, wallet_id, amount, way))
        payment = await info.context.load(loaders.payments, done.result["payment"]) if done.result else None
        return WalletTopUpPayload(plan=Plan.of(done.plan), payment=cast(Payment | None, payment))

    @strawberry.mutation(description="Confirms or refuses a slip or cheque.", extensions=[Needs(Permission.PAYMENT_SETTLE)])
    async def payment_resolve(self, info: Info, scope: Scope, input: Requested[PaymentResolveInput]) -> PaymentResolveResult:
        """Also says that a refund left to people was carried out, or wasn't."""
        payment_id = decode_as(Kind.PAYMENT, input.payment_id, "paymentId")
        done = await info.context.write(
            info, scope, input, lambda work: service.resolve(work, payment_id, is_received=input.is_received)
        )
        payment = await info.context.load(loaders.payments, payment_id)
        return PaymentResolvePayload(plan=Plan.of(done.plan), payment=cast(Payment, payment))

    @strawberry.mutation(
        description="Gives a payment back, to its source or the wallet.", extensions=[Needs(Permission.PAYMENT_SETTLE)]
    )
    async def payment_refund(self, info: Info, scope: Scope, input: Requested[PaymentRefundInput]) -> PaymentRefundResult:
        """Several times until nothing is left of it."""
        payment_id = decode_as(Kind.PAYMENT, input.payment_id, "paymentId")
        amount = input.amount.whole("amount") if input.amount else None
        done = await info.context.write(
            info, scope, input, lambda work: service.refund(work, payment_id, amount, is_to_wallet=input.is_to_wallet)
        )
        payment = await info.context.load(loaders.payments, done.result["payment"]) if done.result else None
        return PaymentRefundPayload(plan=Plan.of(done.plan), payment=cast(Payment | None, payment))

    @strawberry.mutation(description="Makes vouchers; their codes are shown only here.", extensions=[Needs(Permission.VOUCHER_ISSUE)])
    async def voucher_batch_create(self, info: Info, scope: Scope, input: Requested[VoucherBatchCreateInput]) -> VoucherBatchCreateResult:
        """Needs a fresh proof, in PLAN as well."""
        context, codes = info.context, list[str]()
        wanted = NewBatch(input.count, input.amount.whole("amount"), input.activation, input.valid_months)

        async def make(work: Work) -> Result:
            result, made = await vouchers.batch_create(work, context.parts.sealer, context.asking().proof, wanted)
            codes.extend(made)
            return result

        done = await context.write(info, scope, input, make)
        if done.result is None:
            return VoucherBatchCreatePayload(plan=Plan.of(done.plan), batch=None, codes=[])
        batch = await context.load(loaders.voucher_batches, done.result["batch"])
        return VoucherBatchCreatePayload(plan=Plan.of(done.plan), batch=cast(VoucherBatch, batch), codes=codes)
