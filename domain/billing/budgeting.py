"""What paying a bill takes out of budgets: usage, fees and notes once, and nothing for purchases, which counted when they were made.

A payment pays first what no budget saw yet. It counts from when it is begun, until it fails or goes back; the last begun gives back first.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import case, func
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.approvals.spending import Claim, spend_now, spent_by, take_back
from domain.audit.writing import Work
from domain.billing import rules
from domain.billing.tables import Bill, BillLine
from domain.kernel.ids import Kind, Ref
from domain.payments.tables import Payment, PaymentState
from store.session import Session


async def count(work: Work, bill: Bill, payment: Payment) -> None:
    """Takes a payment that was just begun out of the budgets of a locked bill's account; raises `BudgetExceeded`."""
    charges, begun = await _charges(work.sql, bill), await _begun(work.sql, bill)
    taken, shares = rules.newly_counted(charges, begun - payment.amount, begun)
    if taken:
        path = (await work.sql.execute(select(Account.path).where(col(Account.id) == bill.account_id))).scalar_one()
        cause = Ref(Kind.PAYMENT, payment.id)
        await spend_now(work, Claim(bill.organization_id, path, cause, taken, shares, work.scope.actor))


async def discount(session: Session, bill: Bill, payment: Payment, amount: int) -> None:
    """Gives back what no longer counts once so much of a payment of a locked bill goes back, or comes to nothing."""
    begun = await _begun(session, bill)
    left, _ = rules.newly_counted(await _charges(session, bill), begun - amount, begun)
    counted = await _counted(session, bill)
    for id in sorted(counted, key=lambda id: (id != payment.id, -id.int)):
        given = min(left, counted[id])
        if given:
            await take_back(session, bill.organization_id, id, given)
            left -= given


async def _charges(session: Session, bill: Bill) -> Mapping[UUID | None, int]:
    """What a bill's lines come to, with tax, that were not paid when they arose; by cost centre."""
    columns: tuple[Any, ...] = (BillLine.cost_centre_id, func.sum(col(BillLine.net) + col(BillLine.vat)))
    mine = (BillLine.organization_id == bill.organization_id, BillLine.bill_id == bill.id, col(BillLine.transfer_id).is_(None))
    found = await session.execute(select(*columns).where(*mine).group_by(col(BillLine.cost_centre_id)))
    return {id: int(amount) for id, amount in found}


async def _begun(session: Session, bill: Bill) -> int:
    """What payments of a bill come to, those on their way too, less what went back."""
    is_refund = col(Payment.refund_of_id).is_not(None)
    begun = ~is_refund & (col(Payment.state) != PaymentState.FAILED), col(Payment.amount)
    went_back = is_refund & (col(Payment.state) == PaymentState.SETTLED), -col(Payment.amount)
    total: Any = select(func.coalesce(func.sum(case(begun, went_back, else_=0)), 0)).where(*_of(bill))
    return int((await session.execute(total)).scalar_one())


async def _counted(session: Session, bill: Bill) -> Mapping[UUID, int]:
    """What each payment of a bill took out of budgets and did not give back."""
    ids = (await session.scalars(select(Payment.id).where(*_of(bill), col(Payment.refund_of_id).is_(None)))).all()
    return await spent_by(session, bill.organization_id, ids)


def _of(bill: Bill) -> tuple[Any, ...]:
    return Payment.organization_id == bill.organization_id, Payment.target_kind == Kind.BILL.value, Payment.target_id == bill.id
