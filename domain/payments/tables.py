"""Payments with their steps, and vouchers. Amounts in rials."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import Json, Ordered, UtcDateTime


class PaymentState(StrEnum):
    """State of a payment."""

    CREATED = "CREATED"
    VERIFYING = "VERIFYING"
    SETTLED = "SETTLED"
    FAILED = "FAILED"


class PaymentMethod(StrEnum):
    """How money comes in."""

    GATEWAY = "GATEWAY"
    BANK_SLIP = "BANK_SLIP"
    CHEQUE = "CHEQUE"
    VOUCHER = "VOUCHER"
    WALLET = "WALLET"


class Payment(SQLModel, table=True):
    """Money on its way in for something, the target, or on its way back (`refund_of_id`); `path` is the target's place when it was begun.

    `token` is what the payer's browser knows it by, `authority` what the gateway of `terminal` knows it by. `source_id` is the wallet or
    other ledger account that it is paid from where that is ours. A settled payment's money is booked by its transfer.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("token"),
        Index("ix_payments_wallet", "organization_id", "wallet_id", "created_at", "id"),
        Index("ix_payments_target", "organization_id", "target_id", "created_at", "id"),
        Index("ix_payments_refunds", "organization_id", "refund_of_id"),
        Index("ix_payments_paper", "organization_id", "method", "external_reference"),
        Index("ix_payments_file", "file_id"),
        CheckConstraint("amount > 0", name="payment_is_positive"),
    )

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    path: str = Field(sa_type=Ordered)
    number: str
    state: str
    method: str
    amount: int = Field(sa_type=BigInteger)
    target_kind: str
    target_id: UUID
    wallet_id: UUID | None = Field(default=None, foreign_key="ledger_accounts.id")
    source_id: UUID | None = Field(default=None, foreign_key="ledger_accounts.id")
    refund_of_id: UUID | None = Field(default=None, foreign_key="payments.id")
    hold_id: UUID | None = Field(default=None, foreign_key="ledger_holds.id")
    by: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    return_url: str | None = None
    token: str | None = None
    terminal: str | None = None
    authority: str | None = None
    page_url: str | None = None
    external_reference: str | None = None
    paid_on: date | None = None
    file_id: UUID | None = Field(default=None, foreign_key="files.id")
    failure: dict[str, Any] | None = Field(default=None, sa_type=Json)
    transfer_id: UUID | None = Field(default=None, foreign_key="ledger_transfers.id")


class PaymentStep(SQLModel, table=True):
    """A step of a payment: the state it reached and, where there is something to say, what brought it there."""

    __tablename__ = "payment_steps"
    __table_args__ = (Index("ix_payment_steps_payment", "organization_id", "payment_id", "at"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    payment_id: UUID = Field(foreign_key="payments.id")
    state: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: dict[str, Any] = Field(sa_type=Json)
    note: str | None = None


class VoucherBatch(SQLModel, table=True):
    """Vouchers made together by the operator, for any organization; those to be activated LATER are worth nothing until `activated_at`."""

    __tablename__ = "voucher_batches"
    __table_args__ = (Index("ix_voucher_batches_created", "created_at", "id"),)

    id: UUID = Field(primary_key=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    by: dict[str, Any] = Field(sa_type=Json)
    count: int
    amount: int = Field(sa_type=BigInteger)
    activation: str
    valid_months: int
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    redeemed_count: int = 0


class Voucher(SQLModel, table=True):
    """One voucher: its code as a keyed digest alone, and the payment that used it up."""

    __tablename__ = "vouchers"
    __table_args__ = (UniqueConstraint("code_hash"), Index("ix_vouchers_batch", "batch_id"))

    id: UUID = Field(primary_key=True)
    batch_id: UUID = Field(foreign_key="voucher_batches.id")
    code_hash: str
    payment_id: UUID | None = Field(default=None, foreign_key="payments.id")
    redeemed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class VoucherGuess(SQLModel, table=True):
    """A code that belonged to no voucher, kept while it counts under a limit."""

    __tablename__ = "voucher_guesses"
    __table_args__ = (Index("ix_voucher_guesses_at", "organization_id", "at"),)

    id: UUID = Field(primary_key=True)
    organization_id: UUID = Field(foreign_key="organizations.id")
    actor_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)
