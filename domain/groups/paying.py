"""Pays bills by themselves: on a day of the Jalali month, or when more than a threshold is due; each bill once for each occasion.

A policy pays the bills with charges of its group's postpaid lines. The claim is the run's row: its occasion is unique.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.audit.writing import Command, Result, Work, carry_out
from domain.billing.paying import bill_pay
from domain.billing.states import BillState
from domain.billing.tables import Bill, BillLine
from domain.groups import notices
from domain.groups.queries import IN_PLACE
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun
from domain.kernel.calendar import JalaliDay, JalaliMonth
from domain.kernel.errors import DomainError, InsufficientFunds
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode, Reason
from domain.kernel.scope import system_scope
from domain.payments.service import FromWallet
from domain.payments.tables import Payment
from domain.sims.tables import GroupMember, Sim, SimGroup
from domain.wallet.ledger import lock
from store.outbox import each
from store.session import Database, Session
from store.upsert import insert_or_ignore

OPEN = (BillState.SENT, BillState.PARTIALLY_PAID)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Due:
    """A bill that a policy pays now, and one of its lines."""

    policy_id: UUID
    bill_id: UUID
    sim_id: UUID
    occasion: str


async def pay_due(database: Database, *, at: datetime) -> int:
    """Pays what is to be paid now; returns how many bills that were."""
    async with database.read() as session:
        due = await _due(session, at)
    scope, command = system_scope(Permission.BILL_PAY, at), Command("paymentPolicyRun", MutationMode.APPLY, "")

    async def pay(one: _Due) -> None:
        try:
            await carry_out(database, scope, command, partial(_pay, one, None), at=at)
        except DomainError as failure:
            await carry_out(database, scope, command, partial(_pay, one, failure), at=at)

    await each(due, pay)
    return len(due)


async def _due(session: Session, at: datetime) -> Sequence[_Due]:
    """Open bills with charges of policies' lines whose day or threshold has come, but for those that were tried on that occasion."""
    policy, today, month = PaymentPolicy, JalaliDay.of(at), JalaliMonth.of(at)
    columns: tuple[Any, ...] = (
        policy.id, policy.day_of_month, policy.threshold, Bill.id, Bill.account_id, Bill.amount_due, func.min(col(Sim.msisdn)),
    )  # fmt: skip
    statement: Any = (
        select(*columns)
        .select_from(policy)
        .join(SimGroup, col(SimGroup.id) == col(policy.group_id))
        .join(Account, col(Account.id) == col(SimGroup.account_id))
        .join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id))
        .join(Sim, IN_PLACE)
        .join(BillLine, (col(BillLine.organization_id) == col(Sim.organization_id)) & (col(BillLine.sim_id) == col(Sim.id)))
        .join(Bill, col(Bill.id) == col(BillLine.bill_id))
        .where(col(policy.is_active), col(policy.amount).is_(None), col(Sim.payment_mode) == PaymentMode.POSTPAID)
        .where(col(Bill.state).in_(OPEN), col(Bill.amount_due) > 0)
        .group_by(*(column for column in columns[:-1]))
        .limit(AT_ONCE)
    )
    rows = (await session.execute(statement)).all()
    debts: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for row in rows:
        debts[row[0], row[4]] += row[5]
    wanted: list[tuple[UUID, UUID, str, str]] = []
    for policy_id, day, threshold, bill_id, account_id, _, msisdn in rows:
        if day is not None and today.day >= day:
            wanted.append((policy_id, bill_id, msisdn, f"{bill_id.hex}:{month}"))
        elif threshold is not None and debts[policy_id, account_id] > threshold:
            wanted.append((policy_id, bill_id, msisdn, f"{bill_id.hex}:debt"))
    known = await session.scalars(
        select(col(PaymentPolicyRun.occasion)).where(col(PaymentPolicyRun.occasion).in_([one[3] for one in wanted]))
    )
    tried, numbers = set(known), sorted({one[2] for one in wanted if one[2]})
    found: Any = select(Sim.msisdn, Sim.id).where(col(Sim.msisdn).in_(numbers))
    sims: dict[str, UUID] = dict((await session.execute(found)).all())
    return [_Due(one[0], one[1], sims[one[2]], one[3]) for one in wanted if one[3] not in tried and one[2] in sims]


async def _pay(one: _Due, failure: DomainError | None, work: Work) -> Result:
    """Claims the occasion, then pays the bill, or notes why it couldn't be."""
    policy, bill = await work.sql.get(PaymentPolicy, one.policy_id), await work.sql.get(Bill, one.bill_id)
    sim = await work.sql.get_one(Sim, one.sim_id)
    if policy is None or bill is None or not policy.is_active or bill.amount_due <= 0:
        return {}
    run_id, amount = uuid7(), bill.amount_due
    row = {
        "id": run_id, "organization_id": policy.organization_id, "path": sim.path, "policy_id": policy.id, "sim_id": sim.id,
        "occasion": one.occasion, "at": work.at, "amount": amount, "transfer_id": None,
        "failure": Reason.of(failure).as_json() if failure else None,
    }  # fmt: skip
    if not await insert_or_ignore(work.sql, PaymentPolicyRun, [row]):
        return {}
    work.within(policy.organization_id, sim.path, policy.id, sim.id)
    if failure is None:
        standing = (await lock(work.sql, policy.organization_id, [policy.wallet_id]))[policy.wallet_id]
        if standing.available is not None and standing.available < amount:
            raise InsufficientFunds(required=Money(amount), available=Money(standing.available))
        done = await bill_pay(work, bill.id, None, FromWallet(policy.wallet_id))
        payment = await work.sql.get_one(Payment, done["payment"])
        run = await work.sql.get_one(PaymentPolicyRun, run_id)
        run.transfer_id, run.amount = payment.transfer_id, payment.amount
    else:
        work.changed(Ref(Kind.BILL, bill.id), bill.number or str(bill.id), "paid", None, None)
    await notices.tell(work, policy, sim, run_id, amount, failure)
    return {}
