"""The rules of moving money out of a wallet, as a client sees them."""

import strawberry

from domain.transfers.queries import TransferPolicyRow, TransferWindowRow
from schema.engine.fields import rows_of
from schema.kernel.figures import Money


@strawberry.type(description="A rolling window of transfers.")
class TransferWindow:
    """Served from `TransferWindowRow`."""

    days: int = strawberry.field(description="Length.")
    count_left: int = strawberry.field(description="Transfers left in it.")
    amount_left: Money = strawberry.field(description="Money left in it.")

    is_type_of = rows_of(TransferWindowRow)


@strawberry.type(description="Rules for moving money out of a wallet.")
class TransferPolicy:
    """Served from `TransferPolicyRow`."""

    denominations: list[Money] = strawberry.field(description="Amounts allowed, at most 20; empty for any.")
    fee: Money = strawberry.field(description="Fee on success.")
    is_fee_paid_by_sender: bool = strawberry.field(description="The sender pays it.")
    minimum_remaining: Money = strawberry.field(description="Has to stay.")
    windows: list[TransferWindow] = strawberry.field(description="Rolling windows, at most 5.")
    is_validity_extended: bool = strawberry.field(description="Receiver's validity grows.")

    is_type_of = rows_of(TransferPolicyRow)
