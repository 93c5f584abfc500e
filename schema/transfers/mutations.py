"""Moving money between wallets."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.transfers import rules, service
from domain.transfers.service import TransferRequest
from schema.approvals.failures import BudgetExceeded
from schema.kernel.context import Info
from schema.kernel.figures import MoneyInput
from schema.kernel.inputs import Requested
from schema.kernel.needs import Needs
from schema.kernel.outcomes import IdempotencyConflict, InsufficientFunds, LimitReached, MutationMode, Plan, Planned, PlanStale, Problem
from schema.wallet import loaders
from schema.wallet.types import LedgerTransfer


@strawberry.input(description="Input of `walletTransfer`.")
class WalletTransferInput:
    """From where to where, and how much."""

    from_wallet_id: strawberry.ID = strawberry.field(description="From.")
    to_wallet_id: strawberry.ID = strawberry.field(description="To.")
    amount: MoneyInput = strawberry.field(description="Amount to move.")
    memo: str | None = strawberry.field(default=None, description="Note.")
    mode: MutationMode = strawberry.field(default=MutationMode.APPLY, description="Decide only, or act.")
    plan_token: str | None = strawberry.field(default=None, description="Token of the plan agreed to.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")


@strawberry.type(description="What `walletTransfer` did.")
class WalletTransferPayload(Planned):
    """The transfer is null in PLAN."""

    transfer: LedgerTransfer | None = strawberry.field(description="Money booked.")


WalletTransferResult = Annotated[
    WalletTransferPayload | InsufficientFunds | BudgetExceeded | LimitReached | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("WalletTransferResult", description="Outcome of `walletTransfer`."),
]


@strawberry.type
class TransfersMutation:
    """Transfers."""

    @strawberry.mutation(description="Moves money between wallets of one organization.", extensions=[Needs(Permission.WALLET_TRANSFER)])
    async def wallet_transfer(self, info: Info, scope: Scope, input: Requested[WalletTransferInput]) -> WalletTransferResult:
        """Under the policy of the wallet it leaves; both sides are told by SMS."""
        request = TransferRequest(
            decode_as(Kind.WALLET, input.from_wallet_id, "fromWalletId"), decode_as(Kind.WALLET, input.to_wallet_id, "toWalletId"),
            input.amount.whole("amount"), rules.reference(input.idempotency_key), input.memo,
        )  # fmt: skip
        done = await info.context.write(info, scope, input, lambda work: service.transfer(work, request))
        transfer = await info.context.load(loaders.transfers, done.result["transfer"]) if done.result else None
        return WalletTransferPayload(plan=Plan.of(done.plan), transfer=cast(LedgerTransfer | None, transfer))
