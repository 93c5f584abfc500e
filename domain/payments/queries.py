"""Reading payments and voucher batches."""

from collections.abc import Sequence
from datetime import datetime
from itertools import starmap
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.catalogue.tables import ActivationMode
from domain.files.queries import DocumentRow
from domain.files.tables import File
from domain.kernel.batches import in_order
from domain.kernel.ids import KINDS, Kind, Ref
from domain.kernel.money import Money
from domain.kernel.paging import Page, Window
from domain.kernel.plan import Reason
from domain.kernel.scope import ActorRef, Scope
from domain.payments.tables import Payment, PaymentMethod, PaymentState, VoucherBatch
from domain.reading import By, Limits, count, members, names_of, page, shaped
from store.session import Session
from store.statements import Bound, among


class PaymentRow(msgspec.Struct, frozen=True):
    """A payment as it is shown; `token` opens its page."""

    id: UUID
    organization_id: UUID
    number: str
    state: PaymentState
    method: PaymentMethod
    amount: Money
    target: Ref
    wallet_id: UUID | None
    refund_of_id: UUID | None
    by: ActorRef
    created_at: datetime
    finished_at: datetime | None
    token: str | None
    external_reference: str | None
    file_id: UUID | None
    failure: Reason | None
    transfer_id: UUID | None

    @property
    def bill_id(self) -> UUID | None:
        """The bill that it pays, null when it pays something else."""
        return None if self.target.kind is Kind.WALLET else self.target.id


class VoucherBatchRow(msgspec.Struct, frozen=True):
    """Vouchers made together."""

    id: UUID
    created_at: datetime
    count: int
    amount: Money
    activation: ActivationMode
    valid_months: int
    redeemed_count: int


PAYMENT: Sequence[Any] = (
    Payment.id, Payment.organization_id, Payment.number, Payment.state, Payment.method, Payment.amount, Payment.target_kind,
    Payment.target_id, Payment.wallet_id, Payment.refund_of_id, Payment.by, Payment.created_at, Payment.finished_at, Payment.token,
    Payment.external_reference, Payment.file_id, Payment.failure, Payment.transfer_id,
)  # fmt: skip
BATCH: Sequence[Any] = (
    VoucherBatch.id, VoucherBatch.created_at, VoucherBatch.count, VoucherBatch.amount, VoucherBatch.activation, VoucherBatch.valid_months,
    VoucherBatch.redeemed_count,
)  # fmt: skip
STATES, METHODS, MODES = members(PaymentState), members(PaymentMethod), members(ActivationMode)
NEWEST = (By(col(Payment.created_at), is_descending=True), By(col(Payment.id), is_descending=True))
NEWEST_BATCH = (By(col(VoucherBatch.created_at), is_descending=True), By(col(VoucherBatch.id), is_descending=True))


@shaped
def _of_wallet(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    here = (col(Payment.organization_id) == bindparam("organization_id"), col(Payment.wallet_id) == bindparam("wallet_id"))
    statement = _payments(scope).where(*here)
    return statement.where(among(col(Payment.state), "states")) if "states" in given else statement


def _history(scope: Scope, organization_id: UUID, wallet_id: UUID, states: Sequence[PaymentState] | None) -> Bound:
    values = {"states": states}
    return _of_wallet(scope, names_of(values))(organization_id=organization_id, wallet_id=wallet_id, **values)


async def payments_page(
    session: Session, scope: Scope, organization_id: UUID, wallet_id: UUID, *, window: Window, states: Sequence[PaymentState] | None
) -> Page[PaymentRow]:
    """Payments into a wallet and back out of it, newest first."""
    history = _history(scope, organization_id, wallet_id, states)
    return (await page(session, history, window, NEWEST, name="payments")).map(_payment)


async def payments_count(
    session: Session, scope: Scope, organization_id: UUID, wallet_id: UUID, *, states: Sequence[PaymentState] | None
) -> int:
    """How many that is."""
    return await count(session, _history(scope, organization_id, wallet_id, states))


@shaped
def _by_ids(scope: Limits) -> Select[Any]:
    return _payments(scope).where(among(col(Payment.id), "ids"))


async def payments_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[PaymentRow | None]:
    """Payments in the order asked, null for those out of scope."""
    return in_order(ids, map(_payment, await session.rows(_by_ids(scope), ids=ids)))


@shaped
def _slips(scope: Limits) -> Select[Any]:
    columns: Any = (File.id, File.name, File.media_type, File.created_at)
    statement: Select[Any] = select(*columns).join(Payment, col(Payment.file_id) == col(File.id)).where(among(col(File.id), "ids"))
    return scope.limit(statement, col(Payment.organization_id), col(Payment.path))


async def slips_by_ids(session: Session, scope: Scope, file_ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Pictures of slips and cheques of payments in scope by the ids of their files."""
    return in_order(file_ids, starmap(DocumentRow, await session.rows(_slips(scope), ids=file_ids)))


class Waiting(msgspec.Struct, frozen=True):
    """A payment of any organization that hasn't ended."""

    number: str
    organization: str
    state: PaymentState
    method: PaymentMethod
    amount: Money
    created_at: datetime
    reference: str | None
    terminal: str | None
    is_refund: bool


async def waiting(session: Session, *, most: int) -> list[Waiting]:
    """Payments that wait for the gateway, the payer or the operator, the oldest first; for the operator's command line."""
    columns: Any = (
        Payment.number, Organization.name, Payment.state, Payment.method, Payment.amount, Payment.created_at, Payment.external_reference,
        Payment.terminal, Payment.refund_of_id,
    )  # fmt: skip
    statement = select(*columns).join(Organization, col(Organization.id) == col(Payment.organization_id))
    unfinished = statement.where(col(Payment.state).in_((PaymentState.CREATED, PaymentState.VERIFYING)))
    rows = await session.execute(unfinished.order_by(col(Payment.created_at), col(Payment.id)).limit(most))
    return [
        Waiting(number, name, STATES[state], METHODS[method], Money(amount), at, reference, terminal, refund_of_id is not None)
        for number, name, state, method, amount, at, reference, terminal, refund_of_id in rows
    ]


async def batches_page(session: Session, window: Window) -> Page[VoucherBatchRow]:
    """Voucher batches, newest first; for those who issue them."""
    return (await page(session, select(*BATCH), window, NEWEST_BATCH, name="voucher_batches")).map(_batch)


async def batches_count(session: Session) -> int:
    """How many there are."""
    return await count(session, select(*BATCH))


async def batches_by_ids(session: Session, ids: Sequence[UUID]) -> list[VoucherBatchRow | None]:
    """Voucher batches in the order asked; for those who issue them."""
    statement = select(*BATCH).where(col(VoucherBatch.id).in_(ids))
    return in_order(ids, map(_batch, await session.rows(statement)))


def _payments(scope: Limits) -> Select[Any]:
    statement: Select[Any] = select(*PAYMENT)
    return scope.limit(statement, col(Payment.organization_id), col(Payment.path))


def _payment(row: Any) -> PaymentRow:
    id, organization_id, number, state, method, amount, kind, target_id, wallet_id, refund_of_id, by, *rest = row[: len(PAYMENT)]
    created_at, finished_at, token, reference, file_id, failure, transfer_id = rest
    return PaymentRow(
        id, organization_id, number, STATES[state], METHODS[method], Money(amount), Ref(KINDS[kind], target_id), wallet_id, refund_of_id,
        ActorRef.from_json(by), created_at, finished_at, token, reference, file_id, Reason.from_json(failure) if failure else None,
        transfer_id,
    )  # fmt: skip


def _batch(row: Any) -> VoucherBatchRow:
    id, created_at, number, amount, activation, valid_months, redeemed_count = row[: len(BATCH)]
    return VoucherBatchRow(id, created_at, number, Money(amount), MODES[activation], valid_months, redeemed_count)
