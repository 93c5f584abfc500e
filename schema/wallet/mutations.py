"""Correcting a wallet."""

from typing import Annotated, cast

import strawberry

from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.wallet import service
from schema.kernel.context import Info
from schema.kernel.figures import MoneyInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import IdempotencyConflict, InsufficientFunds, Plan, Planned, PlanStale, Problem
from schema.wallet import loaders
from schema.wallet.types import LedgerTransfer


@planned_input("Input of `walletAdjust`.", has_key=True)
class WalletAdjustInput:
    """A wallet, an amount and why."""

    wallet_id: strawberry.ID = strawberry.field(description="Wallet.")
    amount: MoneyInput = strawberry.field(description="Plus or minus.")
    reason: str = strawberry.field(description="Why, in words, for the audit.")


@strawberry.type(description="What `walletAdjust` did.")
class WalletAdjustPayload(Planned):
    """The transfer is null in PLAN."""

    transfer: LedgerTransfer | None = strawberry.field(description="Money booked.")


WalletAdjustResult = Annotated[
    WalletAdjustPayload | InsufficientFunds | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("WalletAdjustResult", description="Outcome of `walletAdjust`."),
]


@strawberry.type
class WalletMutation:
    """Wallets."""

    @strawberry.mutation(description="Corrects a wallet by a booked transfer.", extensions=[Needs(Permission.WALLET_ADJUST)])
    async def wallet_adjust(self, info: Info, scope: Scope, input: Requested[WalletAdjustInput]) -> WalletAdjustResult:
        """For the operator's administrators; money comes in by payments (`schema/payments`)."""
        wallet_id, amount = decode_as(Kind.WALLET, input.wallet_id, "walletId"), input.amount.whole("amount")
        done = await info.context.write(
            info, scope, input, lambda work: service.adjust(work, wallet_id=wallet_id, amount=amount, reason=input.reason)
        )
        transfer = await info.context.load(loaders.transfers, done.result["transfer"]) if done.result else None
        return WalletAdjustPayload(plan=Plan.of(done.plan), transfer=cast(LedgerTransfer | None, transfer))
