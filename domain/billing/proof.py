"""The proof of bills: each is what its lines come to, its lines are what was charged, bought and noted, and the ledger says the same."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, or_, union_all
from sqlmodel import SQLModel, col, select

from domain.billing.states import ISSUED, BillState, DisputeState
from domain.billing.tables import Bill, BillDispute, BillLine, BillNote, RunningCharge
from domain.kernel.ids import Kind
from domain.kernel.money import rounded
from domain.payments.tables import Payment
from domain.wallet.proof import Fault, Look, within
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session

K = LedgerAccountKind
CHECKED: Mapping[str, type[SQLModel]] = {"bills": Bill, "lines of bills": BillLine, "notes": BillNote, "disputes": BillDispute}
"""What the proof goes over, by the name it tells it by."""
COMPLETE = sorted((*ISSUED, BillState.ON_HOLD))
"""States of bills whose lines are all there."""
METERED = (col(BillLine.transfer_id).is_(None), col(BillLine.note_id).is_(None))
"""Lines of what cards ran up."""


async def _sums(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Bills that aren't the sum of their lines."""
    count, net, vat = func.count(col(BillLine.id)), _sum(BillLine.net), _sum(BillLine.vat)
    statement: Any = (
        select(Bill.id, net, vat)
        .outerjoin(BillLine, col(BillLine.bill_id) == col(Bill.id))
        .where(col(Bill.state).in_(COMPLETE), *within(Bill, of))
        .group_by(col(Bill.id), col(Bill.line_count), col(Bill.net), col(Bill.vat))
        .having(or_(count != col(Bill.line_count), net != col(Bill.net), vat != col(Bill.vat)))
    )
    return [Fault(f"lines of a bill come to {int(net)} and tax {int(vat)}", id) for id, net, vat in await session.execute(statement)]


async def _states(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Bills whose parts paid and due aren't the whole, or whose state tells another story."""
    is_settled = col(Bill.state) == BillState.SETTLED
    wrong = or_(
        col(Bill.paid) + col(Bill.amount_due) != col(Bill.net) + col(Bill.vat), col(Bill.amount_due) < 0,
        is_settled & (col(Bill.amount_due) != 0), ~is_settled & (col(Bill.amount_due) == 0),
    )  # fmt: skip
    statement: Any = select(Bill.id, Bill.state, Bill.paid, Bill.amount_due)
    statement = statement.where(col(Bill.state).in_(sorted(ISSUED)), wrong, *within(Bill, of))
    rows = await session.execute(statement)
    return [Fault(f"bill is {state} with {paid} paid and {due} due", id) for id, state, paid, due in rows]


async def _taxes(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Lines whose tax isn't that of their net at their rate, but for notes, which are shares of other lines' tax."""
    columns: Any = (BillLine.id, BillLine.net, BillLine.vat, BillLine.vat_rate)
    statement: Select[Any] = select(*columns).where(col(BillLine.note_id).is_(None), *within(BillLine, of))
    faults = []
    async for id, net, vat, rate in await session.stream(statement.execution_options(yield_per=1_000)):
        if rounded(Decimal(net) * rate / 100) != vat:
            faults.append(Fault(f"line of {net} at {rate} % has tax {vat}", id))
    return faults


async def _organizations(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Lines of another organization than their bill."""
    statement: Any = select(BillLine.id).join(Bill, col(Bill.id) == col(BillLine.bill_id))
    statement = statement.where(col(BillLine.organization_id) != col(Bill.organization_id), *within(Bill, of))
    return [Fault("line joins two organizations", id) for id in await session.scalars(statement)]


async def _metered(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Cards of which other amounts stand on bills than what they ran up says is on bills: a line twice, or none."""
    charge, line = RunningCharge, BillLine
    charges: Any = select(col(charge.sim_id).label("sim_id"), col(charge.billed_net).label("net")).where(*within(charge, of))
    lines: Any = select(col(line.sim_id).label("sim_id"), (-col(line.net)).label("net")).where(*METERED, *within(line, of))
    both = union_all(charges, lines).subquery()
    statement: Any = select(both.c.sim_id, func.sum(both.c.net)).group_by(both.c.sim_id).having(func.sum(both.c.net) != 0)
    return [Fault(f"{int(net)} more was run up than stands on bills", id) for id, net in await session.execute(statement)]


async def _bought(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Lines of purchases and refunds that aren't what was booked."""
    net, vat = _sum(_of(K.REVENUE)), _sum(_of(K.TAX))
    statement: Any = (
        select(BillLine.id, net, vat)
        .join(LedgerEntry, col(LedgerEntry.transfer_id) == col(BillLine.transfer_id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .where(*within(BillLine, of))
        .group_by(col(BillLine.id), col(BillLine.net), col(BillLine.vat))
        .having(or_(net != col(BillLine.net), vat != col(BillLine.vat)))
    )
    return [Fault(f"line is of a purchase of {int(net)} and tax {int(vat)}", id) for id, net, vat in await session.execute(statement)]


async def _noted(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Lines of notes that say another thing than the note, and bills of whose disputes another amount was noted than credited."""
    same = (col(getattr(BillLine, name)) != col(getattr(BillNote, name)) for name in ("net", "vat", "vat_rate", "organization_id"))
    differ: Any = select(BillLine.id).join(BillNote, col(BillNote.id) == col(BillLine.note_id))
    faults = [Fault("line isn't what its note says", id) for id in await session.scalars(differ.where(or_(*same), *within(BillLine, of)))]
    noted: Any = select(col(BillNote.about_bill_id).label("bill_id"), (col(BillNote.net) + col(BillNote.vat)).label("amount"))
    noted = noted.where(col(BillNote.about_bill_id).is_not(None), *within(BillNote, of))
    credited: Any = select(col(BillDispute.bill_id).label("bill_id"), col(BillDispute.credited).label("amount"))
    credited = credited.where(col(BillDispute.state) == DisputeState.GRANTED, *within(BillDispute, of))
    both = union_all(noted, credited).subquery()
    statement: Any = select(both.c.bill_id, func.sum(both.c.amount)).group_by(both.c.bill_id).having(func.sum(both.c.amount) != 0)
    return faults + [Fault(f"{int(amount)} more was credited than noted", id) for id, amount in await session.execute(statement)]


async def _booked(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Issued bills whose lines, but for what was bought, aren't what was booked as revenue and tax when they were issued."""
    is_open = col(BillLine.transfer_id).is_(None)
    lines: Any = select(
        col(BillLine.bill_id).label("bill_id"), case((is_open, col(BillLine.net)), else_=0).label("net"),
        case((is_open, col(BillLine.vat)), else_=0).label("vat"),
    ).join(Bill, col(Bill.id) == col(BillLine.bill_id))  # fmt: skip
    lines = lines.where(col(Bill.state).in_(sorted(ISSUED)), *within(Bill, of))
    booked: Any = (
        select(col(LedgerTransfer.cause_id).label("bill_id"), (-_of(K.REVENUE)).label("net"), (-_of(K.TAX)).label("vat"))
        .join(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .where(col(LedgerTransfer.cause_kind) == Kind.BILL.value, col(LedgerTransfer.reason) == LedgerReason.BILL)
        .where(*within(LedgerTransfer, of))
    )
    both = union_all(lines, booked).subquery()
    net, vat = func.sum(both.c.net), func.sum(both.c.vat)
    statement: Any = select(both.c.bill_id, net, vat).group_by(both.c.bill_id).having(or_(net != 0, vat != 0))
    rows = await session.execute(statement)
    return [Fault(f"bill has {int(net)} and tax {int(vat)} more than was booked", id) for id, net, vat in rows]


async def _owed(session: Session, of: UUID | None) -> Iterable[Fault]:
    """Bills of which another amount is due than its account owes for it by the ledger: issue, payments, refunds and credits together."""
    paying: Any = select(col(Payment.id).label("cause_id"), col(Payment.target_id).label("bill_id"))
    paying = paying.where(col(Payment.target_kind) == Kind.BILL.value, *within(Payment, of))
    crediting: Any = select(col(BillDispute.id), col(BillDispute.bill_id)).where(*within(BillDispute, of))
    itself: Any = select(col(Bill.id).label("cause_id"), col(Bill.id).label("bill_id")).where(*within(Bill, of))
    causes = union_all(itself, paying, crediting).subquery()
    moved: Any = (
        select(causes.c.bill_id, col(LedgerEntry.amount).label("amount"))
        .join(LedgerTransfer, col(LedgerTransfer.cause_id) == causes.c.cause_id)
        .join(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .where(col(LedgerAccount.kind) == K.RECEIVABLE)
    )
    due: Any = select(col(Bill.id), col(Bill.amount_due)).where(col(Bill.state).in_(sorted(ISSUED)), *within(Bill, of))
    both = union_all(moved, due).subquery()
    statement: Any = select(both.c.bill_id, func.sum(both.c.amount)).group_by(both.c.bill_id).having(func.sum(both.c.amount) != 0)
    return [Fault(f"{int(amount)} more is due of a bill than is owed for it", id) for id, amount in await session.execute(statement)]


def _sum(of: Any) -> Any:
    return func.coalesce(func.sum(of), 0)


def _of(kind: LedgerAccountKind) -> Any:
    """What an entry moves on one of the house's accounts."""
    return case((col(LedgerAccount.kind) == kind, col(LedgerEntry.amount)), else_=0)


LOOKS: Mapping[str, Look] = {
    "bills' sums": _sums, "bills' states": _states, "bills' taxes": _taxes, "bills' organizations": _organizations,
    "what cards ran up": _metered, "purchases on bills": _bought, "notes on bills": _noted, "bills in the ledger": _booked,
    "what is owed of bills": _owed,
}  # fmt: skip
"""What is looked for, by name; each can be looked for by itself."""
