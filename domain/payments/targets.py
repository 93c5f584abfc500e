"""What a payment can be for: each kind of thing says where its money goes; areas above add theirs to the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, and_
from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.audit.writing import Work
from domain.kernel.errors import LimitReached, NotEligible
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.kernel.quantity import Quantity, Unit
from domain.payments.tables import Payment, PaymentMethod, PaymentState
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from store.session import Session


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is paid for: whose, where in the tree, what people call it, and why its money moves.

    `wallet_id` is the wallet that the money goes to, null where it goes elsewhere; `back_id` the wallet for what is given back to one.
    """

    ref: Ref
    organization_id: UUID
    path: str
    label: str
    reason: LedgerReason
    wallet_id: UUID | None
    back_id: UUID | None


class Target(Protocol):
    """How things of one kind are paid for. All of it happens inside the caller's transaction."""

    purpose: str
    """What chooses the gateway's terminal."""

    async def find(self, session: Session, id: UUID) -> Subject | None:
        """The thing as it is now, whoever's it is; null when there is none."""
        ...

    async def check(self, session: Session, subject: Subject, amount: int) -> None:
        """Raises an expected failure when so much can't be paid for it now; asked before anybody is sent to pay."""
        ...

    async def begin(self, work: Work, subject: Subject, payment: Payment) -> None:
        """Precedes all money of a payment that was written down; raises an expected failure when it may not be."""
        ...

    async def end(self, work: Work, subject: Subject, payment: Payment, amount: int) -> None:
        """Precedes the giving back of so much of a payment, or follows its coming to nothing."""
        ...

    async def credit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        """Where so much money goes: sides above zero that sum to the amount. Money that came is never turned away here."""
        ...

    async def debit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        """Where so much money comes from when it is given back: sides below zero that sum to minus the amount."""
        ...

    async def paid(self, work: Work, subject: Subject, payment: Payment) -> None:
        """Follows the booking of a payment."""
        ...

    async def given_back(self, work: Work, subject: Subject, refund: Payment) -> None:
        """Follows the booking of a refund."""
        ...


TARGETS: dict[Kind, Target] = {}
"""By the kind of thing; filled by the areas that can be paid for, when they are loaded."""


async def subject_of(session: Session, payment: Payment) -> tuple[Target, Subject]:
    """What a payment is for; a thing that is gone is a bug, as what was paid for is kept."""
    target = TARGETS[Kind(payment.target_kind)]
    subject = await target.find(session, payment.target_id)
    if subject is None:
        raise LookupError(f"payment {payment.id} is for something that is gone")
    return target, subject


class WalletTarget:
    """Paying into a wallet: up to its ceiling, unless its line is gone (M1-04, BL-02)."""

    purpose = "wallet"

    async def find(self, session: Session, id: UUID) -> Subject | None:
        """A wallet of an account or a line."""
        owner, wallet = col(LedgerAccount.owner_id), LedgerAccount
        columns: Any = (wallet.organization_id, Account.path, Account.number, Sim.path, Sim.msisdn, Sim.iccid)
        statement: Select[Any] = (
            select(*columns)
            .outerjoin(Account, and_(col(Account.organization_id) == col(wallet.organization_id), col(Account.id) == owner))
            .outerjoin(Sim, and_(col(Sim.organization_id) == col(wallet.organization_id), col(Sim.id) == owner))
            .where(col(wallet.id) == id, col(wallet.kind) == LedgerAccountKind.WALLET)
        )
        row = (await session.execute(statement)).one_or_none()
        if row is None:
            return await self._unopened(session, id)
        organization_id, account_path, number, sim_path, msisdn, iccid = row
        path, label = account_path or sim_path, number or msisdn or iccid
        return Subject(Ref(Kind.WALLET, id), organization_id, path, label, LedgerReason.TOP_UP, id, None)

    async def _unopened(self, session: Session, id: UUID) -> Subject | None:
        """The wallet of a prepaid line that nothing moved yet: it bears the line's id, and is opened by whoever pays in."""
        line = (await session.scalars(select(Sim).where(col(Sim.id) == id, col(Sim.payment_mode) == PaymentMode.PREPAID))).one_or_none()
        if line is None:
            return None
        return Subject(Ref(Kind.WALLET, id), line.organization_id, line.path, line.msisdn or line.iccid, LedgerReason.TOP_UP, id, None)

    async def check(self, session: Session, subject: Subject, amount: int) -> None:
        """Raises `LimitReached` when the balance, what is being verified and this pass the ceiling, `NotEligible` when the line is gone."""
        wallet = await session.get_one(LedgerAccount, subject.ref.id, populate_existing=True)
        status = (await session.scalars(select(Sim.status).where(col(Sim.id) == wallet.owner_id))).one_or_none()
        if status == SimStatus.TERMINATED:
            raise NotEligible("payments.line_gone", field=("walletId",))
        if wallet.ceiling is None:
            return
        coming = select(Payment.amount).where(
            col(Payment.organization_id) == subject.organization_id, col(Payment.wallet_id) == wallet.id,
            col(Payment.state) == PaymentState.VERIFYING, col(Payment.refund_of_id).is_(None), col(Payment.method) == PaymentMethod.GATEWAY,
        )  # fmt: skip
        expected = wallet.balance + sum(await session.scalars(coming)) + amount
        if expected > wallet.ceiling:
            raise LimitReached("wallet.ceiling", maximum=Quantity(wallet.ceiling, Unit.RIAL), field=("amount",))

    async def begin(self, work: Work, subject: Subject, payment: Payment) -> None:
        """Money that comes in isn't spent yet."""

    async def end(self, work: Work, subject: Subject, payment: Payment, amount: int) -> None:
        """Nor does it have to be given back to anybody's budget."""

    async def credit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        """Into the wallet."""
        return [Leg(subject.ref.id, amount)]

    async def debit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        """Out of the wallet."""
        return [Leg(subject.ref.id, -amount)]

    async def paid(self, work: Work, subject: Subject, payment: Payment) -> None:
        """Tells what became of the balance."""
        await self._tell(work, subject, payment.amount)

    async def given_back(self, work: Work, subject: Subject, refund: Payment) -> None:
        """Tells what became of the balance."""
        await self._tell(work, subject, -refund.amount)

    async def _tell(self, work: Work, subject: Subject, moved: int) -> None:
        balance = (await work.sql.execute(select(LedgerAccount.balance).where(col(LedgerAccount.id) == subject.ref.id))).scalar_one()
        work.changed(subject.ref, subject.label, "balance", balance - moved, balance, money=Money(moved))


TARGETS[Kind.WALLET] = WalletTarget()
