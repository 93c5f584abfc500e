"""Paying bills: a bill as something that payments can be for. What comes in above what is due goes to the account's wallet, and says so."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.audit.writing import Result, Work
from domain.billing import budgeting, rules
from domain.billing.attached import bill_for_update
from domain.billing.issuing import after_paying
from domain.billing.states import ISSUED, BillState
from domain.billing.tables import Bill
from domain.kernel.errors import InvalidInput, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.payments import service as payments
from domain.payments.tables import Payment, PaymentMethod, PaymentState
from domain.payments.targets import TARGETS, Subject
from domain.wallet.purses import open_wallet, owned_by, place_of, purse
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from store.session import Session

K = LedgerAccountKind


async def bill_pay(work: Work, bill_id: UUID, amount: int | None, way: payments.Way) -> Result:
    """Pays a bill, all that is due if no amount is said, a voucher's own where it is one; returns `payment`.

    Raises what `payments.pay` does, `BudgetExceeded`, `StateConflict` for a bill that isn't issued or is paid, `InvalidInput` for more than
    is due.
    """
    if amount is None and not isinstance(way, payments.ByVoucher):
        bill = await bill_for_update(work.sql, bill_id)
        if bill is None:
            raise NotFound(field=("billId",))
        work.scope.require(bill.organization_id, bill.path, "billId")
        amount = _payable(bill)
    return await payments.pay(work, Ref(Kind.BILL, bill_id), amount, way, field="billId")


def _payable(bill: Bill) -> int:
    """What is due of a bill; raises `StateConflict` when it isn't issued, or nothing is."""
    if BillState(bill.state) not in ISSUED:
        raise StateConflict("bill.not_issued", field=("billId",))
    if bill.amount_due <= 0:
        raise StateConflict("bill.paid", field=("billId",))
    return bill.amount_due


async def settle(work: Work, bill: Bill, amount: int) -> None:
    """Takes note of so many rials paid on a locked bill, or, negative, given back; the caller moves the money."""
    ref, label = Ref(Kind.BILL, bill.id), bill.number or str(bill.id)
    before, due = BillState(bill.state), bill.amount_due
    after = rules.state_when_paid(bill.net + bill.vat, due - amount)
    bill.paid, bill.amount_due = bill.paid + amount, due - amount
    work.changed(ref, label, "amountDue", due, bill.amount_due, money=Money(-amount))
    if after is not before:
        bill.state = rules.move(before, after)
        work.changed(ref, label, "state", before, after)
    await after_paying(work, bill)


class BillTarget:
    """Paying a bill, wholly or in part: RECEIVABLE up to what is due, the rest, when others were faster, the account's wallet."""

    purpose = "bill"

    async def find(self, session: Session, id: UUID) -> Subject | None:
        """A bill; what is given back of its payments goes to its account's wallet."""
        columns: Any = (Bill.organization_id, Bill.path, Bill.number, Account.number, Bill.account_id)
        statement: Select[Any] = select(*columns).join(Account, col(Account.id) == col(Bill.account_id)).where(col(Bill.id) == id)
        row = (await session.execute(statement)).one_or_none()
        if row is None:
            return None
        organization_id, path, number, account_number, account_id = row
        wallet_id = (await owned_by(session, organization_id, account_id)).get(K.WALLET)
        return Subject(Ref(Kind.BILL, id), organization_id, path, number or account_number, LedgerReason.BILL, None, wallet_id)

    async def check(self, session: Session, subject: Subject, amount: int) -> None:
        """Raises `StateConflict` for a bill with nothing to pay, `InvalidInput` for more than is due and not on its way already."""
        bill = await self._bill(session, subject)
        left = _payable(bill) - await self._coming(session, subject)
        if amount > left:
            raise InvalidInput("bill.more_than_due", field=("amount",), most=max(left, 0))

    async def begin(self, work: Work, subject: Subject, payment: Payment) -> None:
        """Takes what is paid out of the budgets of the bill's account (`domain.billing.budgeting`); raises `BudgetExceeded`."""
        await budgeting.count(work, await self._bill(work.sql, subject), payment)

    async def end(self, work: Work, subject: Subject, payment: Payment, amount: int) -> None:
        """Gives budgets back what wasn't paid after all."""
        await budgeting.discount(work.sql, await self._bill(work.sql, subject), payment, amount)

    async def credit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        """Off the account's debt as far as the bill goes, into its wallet beyond."""
        bill = await self._bill(session, subject)
        owner, part = Ref(Kind.ACCOUNT, bill.account_id), _part(bill, amount)
        legs = [Leg(await purse(session, bill.organization_id, owner, K.RECEIVABLE), part)]
        if amount > part:
            wallet_id = await open_wallet(session, bill.organization_id, owner)
            legs.append(Leg(wallet_id, amount - part, await place_of(session, wallet_id)))
        return legs

    async def debit(self, session: Session, subject: Subject, amount: int) -> Sequence[Leg]:
        """Back onto the account's debt as far as the bill was paid, out of its wallet beyond."""
        bill = await self._bill(session, subject)
        owner, part = Ref(Kind.ACCOUNT, bill.account_id), min(amount, max(bill.paid, 0))
        legs = [Leg(await purse(session, bill.organization_id, owner, K.RECEIVABLE), -part)]
        if amount > part:
            wallet_id = await open_wallet(session, bill.organization_id, owner)
            legs.append(Leg(wallet_id, part - amount, await place_of(session, wallet_id)))
        return legs

    async def paid(self, work: Work, subject: Subject, payment: Payment) -> None:
        """Takes what was paid off what is due, and tells of what went to the wallet."""
        bill = await self._bill(work.sql, subject)
        part = _part(bill, payment.amount)
        await settle(work, bill, part)
        if payment.amount > part:
            await self._tell_wallet(work, bill, payment.amount - part)

    async def given_back(self, work: Work, subject: Subject, refund: Payment) -> None:
        """Puts what went back onto what is due."""
        bill = await self._bill(work.sql, subject)
        part = min(refund.amount, max(bill.paid, 0))
        await settle(work, bill, -part)
        if refund.amount > part:
            await self._tell_wallet(work, bill, part - refund.amount)

    async def _bill(self, session: Session, subject: Subject) -> Bill:
        """The bill, from here on locked: who asks what is due pays before anybody else asks."""
        bill = await bill_for_update(session, subject.ref.id)
        if bill is None:
            raise LookupError(f"bill {subject.ref.id} is gone")
        return bill

    async def _coming(self, session: Session, subject: Subject) -> int:
        """What gateways are just verifying for the bill."""
        total: Any = func.coalesce(func.sum(col(Payment.amount)), 0)
        of = (
            col(Payment.organization_id) == subject.organization_id, col(Payment.target_id) == subject.ref.id,
            col(Payment.state) == PaymentState.VERIFYING, col(Payment.method) == PaymentMethod.GATEWAY, col(Payment.refund_of_id).is_(None),
        )  # fmt: skip
        return int((await session.execute(select(total).where(*of))).scalar_one())

    async def _tell_wallet(self, work: Work, bill: Bill, moved: int) -> None:
        wallet_id = (await owned_by(work.sql, bill.organization_id, bill.account_id))[K.WALLET]
        balance = (await work.sql.execute(select(LedgerAccount.balance).where(col(LedgerAccount.id) == wallet_id))).scalar_one()
        work.changed(Ref(Kind.WALLET, wallet_id), bill.number or "", "balance", balance - moved, balance, money=Money(moved))


def _part(bill: Bill, amount: int) -> int:
    """How much of what comes is for the bill."""
    return min(amount, max(bill.amount_due, 0))


TARGETS[Kind.BILL] = BillTarget()
