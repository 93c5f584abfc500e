"""What a client may send about payments."""

from datetime import date

import strawberry

from domain.kernel.ids import Kind, Ref, decode_as
from domain.kernel.scope import Scope
from domain.payments.service import ByGateway, ByPaper, FromWallet, Way, by_code
from schema.catalogue.enums import ActivationMode
from schema.kernel.context import Context
from schema.kernel.figures import MoneyInput
from schema.kernel.inputs import planned_input
from schema.kernel.scalars import URL


@strawberry.input(description="A slip or cheque.")
class OfflinePaymentInput:
    """What stands on it."""

    is_cheque: bool = strawberry.field(default=False, description="It is a cheque.")
    reference: str = strawberry.field(description="Number on the paper.")
    paid_on: date = strawberry.field(description="Day on the paper.")
    upload_id: strawberry.ID | None = strawberry.field(default=None, description="Picture of it.")

    def to_way(self) -> ByPaper:
        """The domain's way."""
        upload_id = decode_as(Kind.UPLOAD, self.upload_id, "method", "offline", "uploadId") if self.upload_id else None
        return ByPaper(self.is_cheque, self.reference, self.paid_on, upload_id)


@strawberry.input(one_of=True, description="How to pay.")
class PaymentMethodInput:
    """One of the ways."""

    gateway_return_url: URL | None = strawberry.field(
        default=strawberry.UNSET, description="On a gateway's page; the address to return to."
    )

    offline: OfflinePaymentInput | None = strawberry.field(default=strawberry.UNSET, description="By slip or cheque.")
    voucher_code: str | None = strawberry.field(default=strawberry.UNSET, description="With a voucher's code.")
    wallet_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="From this wallet.")

    async def to_way(self, context: Context, scope: Scope, target: Ref, field: str) -> Way:
        """The domain's way to pay for something in scope that the input names at `field`; a voucher's code is looked for, and counted."""
        if isinstance(self.gateway_return_url, str):
            parts = context.parts
            return ByGateway(self.gateway_return_url, parts.terminals, allows_loopback=not parts.settings.production)
        if isinstance(self.offline, OfflinePaymentInput):
            return self.offline.to_way()
        if isinstance(self.voucher_code, str):
            return await by_code(context.database, context.parts.sealer, scope, target, self.voucher_code, field=field, at=context.now)
        assert isinstance(self.wallet_id, str)  # noqa: S101 (one of them is given)
        return FromWallet(decode_as(Kind.WALLET, self.wallet_id, "method", "walletId"))


@planned_input("Input of `walletTopUp`.", has_key=True)
class WalletTopUpInput:
    """How much into which wallet, and how."""

    wallet_id: strawberry.ID = strawberry.field(description="Wallet.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much; null for a voucher.")
    method: PaymentMethodInput = strawberry.field(description="Way to pay.")


@planned_input("Input of `paymentResolve`.", has_key=True)
class PaymentResolveInput:
    """What became of it."""

    payment_id: strawberry.ID = strawberry.field(description="Payment.")
    is_received: bool = strawberry.field(description="It came (true) or not.")


@planned_input("Input of `paymentRefund`.", has_key=True)
class PaymentRefundInput:
    """How much of which payment, and where to."""

    payment_id: strawberry.ID = strawberry.field(description="Payment.")
    amount: MoneyInput | None = strawberry.field(default=None, description="How much; all if null.")
    is_to_wallet: bool = strawberry.field(default=True, description="To the wallet rather than the source.")


@planned_input("Input of `voucherBatchCreate`.", has_key=True)
class VoucherBatchCreateInput:
    """How many of what worth."""

    count: int = strawberry.field(description="How many, 1–1,000.")
    amount: MoneyInput = strawberry.field(description="Worth of each.")
    activation: ActivationMode = strawberry.field(default=ActivationMode.FIRST_USE, description="When they become valid.")
    valid_months: int = strawberry.field(default=6, description="Months valid from activation.")
