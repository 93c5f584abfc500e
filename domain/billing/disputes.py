"""Objections to lines of a bill: opened with a ticket, ended once by the operator with a credit note or without."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select

from domain.audit.writing import Result, Work
from domain.billing.attached import bill_for_update
from domain.billing.notes import credited
from domain.billing.paying import settle
from domain.billing.states import ISSUED, BillState, DisputeState
from domain.billing.tables import Bill, BillDispute, BillDisputeLine, BillLine, BillNote
from domain.kernel.errors import AlreadyExists, InvalidInput, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.money import ZERO, Money, Price
from domain.tickets import service as tickets
from domain.tickets.rules import words
from domain.tickets.service import About, OpenTicket, ReplyToTicket
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, purse
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccountKind, LedgerReason

K = LedgerAccountKind
MOST_LINES = 100
LONGEST_REASON = 2_000


async def bill_dispute(work: Work, bill_id: UUID, line_ids: Sequence[UUID], reason: str, *, locale: Locale) -> Result:
    """Objects to lines of an issued bill that cost something: `dispute`, its `ticket`, and the `message` for `threads.keep_now`.

    Raises `NotFound`, `InvalidInput`, `StateConflict` for a bill that isn't issued, `AlreadyExists` for a line whose objection is being
    looked at or was granted.
    """
    said = words(reason, LONGEST_REASON, "reason")
    if not 1 <= len(line_ids) <= MOST_LINES or len(set(line_ids)) < len(line_ids):
        raise InvalidInput("bill.dispute_lines", field=("lineIds",), most=MOST_LINES)
    bill = await _bill(work, bill_id)
    if BillState(bill.state) not in ISSUED:
        raise StateConflict("bill.not_issued", field=("billId",))
    lines = await _lines(work, bill, line_ids)
    total = _total(lines)
    about = About(Ref(Kind.BILL, bill.id), bill.organization_id, bill.path)
    title = text("bill.dispute_title", locale, number=bill.number)
    opened = await tickets.ticket_open(work, OpenTicket(bill.organization_id, title, said, TicketPriority.HIGH, about))
    dispute = BillDispute(
        id=uuid7(), organization_id=bill.organization_id, bill_id=bill.id, path=bill.path, state=DisputeState.OPEN, reason=said,
        amount=total.gross.minor, ticket_id=opened["ticket"], by=work.scope.actor.as_json(), opened_at=work.at,
    )  # fmt: skip
    work.sql.add(dispute)
    await work.sql.flush()
    rows = (BillDisputeLine(dispute_id=dispute.id, line_id=line.id, organization_id=bill.organization_id) for line in lines)
    work.sql.add_all(rows)
    work.reason = said
    work.within(bill.organization_id, bill.path, bill.id, dispute.id)
    work.changed(Ref(Kind.BILL, bill.id), bill.number or "", "disputes", None, DisputeState.OPEN, money=total.gross)
    for line in lines:
        work.changed(Ref(Kind.BILL_LINE, line.id), bill.number or "", "disputed", "false", "true", money=Money(line.net + line.vat))
    return {"dispute": dispute.id, "ticket": opened["ticket"], "message": opened["message"]}


async def bill_dispute_resolve(work: Work, dispute_id: UUID, credit: int | None, note: str) -> Result:
    """Ends a dispute and answers its ticket, unless somebody closed it meanwhile: `dispute`.

    `credit` in rials net, at most the lines' own; null or nothing turns the dispute down. A credit note comes off what is due of the bill
    at once, or, when less is due than that, off the account's next bill. Raises `NotFound`, `InvalidInput`, `StateConflict`.
    """
    said = words(note, LONGEST_REASON, "note")
    dispute = await _dispute(work, dispute_id)
    if dispute.state != DisputeState.OPEN:
        raise StateConflict("bill.dispute_over", field=("disputeId",))
    bill = await bill_for_update(work.sql, dispute.bill_id)
    assert bill is not None  # noqa: S101 (its dispute refers to it)
    lines = await _lines_of(work, dispute)
    most = _total(lines).net.minor
    if credit is not None and not 0 <= credit <= most:
        raise InvalidInput("bill.credit_most", field=("credit",), most=most)
    work.within(dispute.organization_id, dispute.path, dispute.bill_id, dispute.id)
    given = await _credit(work, bill, dispute, lines, credit, said) if credit else ZERO
    after = DisputeState.GRANTED if credit else DisputeState.REJECTED
    dispute.state, dispute.credited, dispute.resolved_at, dispute.note = after, given.minor, work.at, said
    work.reason = said
    work.changed(Ref(Kind.BILL_DISPUTE, dispute.id), bill.number or "", "state", DisputeState.OPEN, after)
    work.changed(Ref(Kind.BILL_DISPUTE, dispute.id), bill.number or "", "credited", None, given.minor, money=given)
    await _answer(work, dispute.ticket_id, said)
    return {"dispute": dispute.id}


async def _bill(work: Work, bill_id: UUID) -> Bill:
    """A bill in scope, locked: who objects at once to the same line takes turns."""
    bill = await bill_for_update(work.sql, bill_id)
    if bill is None:
        raise NotFound(field=("billId",))
    work.scope.require(bill.organization_id, bill.path, "billId")
    return bill


async def _lines(work: Work, bill: Bill, line_ids: Sequence[UUID]) -> Sequence[BillLine]:
    here = (col(BillLine.organization_id) == bill.organization_id, col(BillLine.bill_id) == bill.id, col(BillLine.id).in_(line_ids))
    found = (await work.sql.scalars(select(BillLine).where(*here).order_by(col(BillLine.id)))).all()
    if len(found) < len(line_ids):
        raise NotFound(field=("lineIds",))
    if any(line.net <= 0 for line in found):
        raise InvalidInput("bill.dispute_credit", field=("lineIds",))
    taken: Select[Any] = (
        select(BillDisputeLine.line_id)
        .join(BillDispute, col(BillDispute.id) == col(BillDisputeLine.dispute_id))
        .where(col(BillDisputeLine.line_id).in_(line_ids), col(BillDispute.state) != DisputeState.REJECTED)
    )
    if (await work.sql.execute(taken.limit(1))).first() is not None:
        raise AlreadyExists("bill.disputed", field=("lineIds",))
    return found


async def _dispute(work: Work, dispute_id: UUID) -> BillDispute:
    """A dispute in scope, locked until the transaction ends."""
    statement = select(BillDispute).where(col(BillDispute.id) == dispute_id).with_for_update()
    dispute = (await work.sql.scalars(statement.execution_options(populate_existing=True))).one_or_none()
    if dispute is None:
        raise NotFound(field=("disputeId",))
    work.scope.require(dispute.organization_id, dispute.path, "disputeId")
    return dispute


async def _lines_of(work: Work, dispute: BillDispute) -> Sequence[BillLine]:
    statement = (
        select(BillLine)
        .join(BillDisputeLine, col(BillDisputeLine.line_id) == col(BillLine.id))
        .where(col(BillDisputeLine.dispute_id) == dispute.id)
        .order_by(col(BillLine.id))
    )
    return (await work.sql.scalars(statement)).all()


def _total(lines: Sequence[BillLine]) -> Price:
    net, vat = sum(line.net for line in lines), sum(line.vat for line in lines)
    return Price(Money(net), Money(vat), lines[0].vat_rate)


async def _credit(work: Work, bill: Bill, dispute: BillDispute, lines: Sequence[BillLine], net: int, said: str) -> Money:
    """Gives the credit, a note for each VAT rate; returns what it comes to with tax.

    What the next bill bears is booked with that bill.
    """
    organization_id = bill.organization_id
    parts = credited((Price(Money(line.net), Money(line.vat), line.vat_rate) for line in lines), net)
    vat = sum(part.vat.minor for part in parts)
    is_now = bill.amount_due >= net + vat
    if is_now:
        own = await house(work.sql, organization_id)
        owed = await purse(work.sql, organization_id, Ref(Kind.ACCOUNT, bill.account_id), K.RECEIVABLE)
        legs = [Leg(owed, net + vat), Leg(own[K.REVENUE], -net), Leg(own[K.TAX], -vat)]
        cause = Ref(Kind.BILL_DISPUTE, dispute.id)
        await post(work.sql, organization_id, [Posting(legs, bill.path, LedgerReason.ADJUSTMENT, work.scope.actor, work.at, cause, said)])
        await settle(work, bill, net + vat)
    for part in parts:
        alike = [line for line in lines if line.vat_rate == part.vat_rate]
        note = BillNote(
            id=uuid7(), organization_id=organization_id, account_id=bill.account_id, path=bill.path, sim_id=_only(alike, "sim_id"),
            cost_centre_id=_only(alike, "cost_centre_id"), service=_only(alike, "service"), about_bill_id=bill.id,
            net=-part.net.minor, vat=-part.vat.minor, vat_rate=part.vat_rate, text=said, is_booked=is_now, made_at=work.at,
            by=work.scope.actor.as_json(),
        )  # fmt: skip
        work.sql.add(note)
    await work.sql.flush()
    return Money(net + vat)


def _only(lines: Sequence[BillLine], name: str) -> Any:
    """What all of these lines have in common, else nothing."""
    values = {getattr(line, name) for line in lines}
    return values.pop() if len(values) == 1 else None


async def _answer(work: Work, ticket_id: UUID, said: str) -> None:
    """The outbox brings the words into the ticket's talk."""
    state = (await work.sql.execute(select(Ticket.state).where(col(Ticket.id) == ticket_id))).scalar_one()
    if state != TicketState.CLOSED:
        to = TicketState.RESOLVED if state != TicketState.RESOLVED else None
        await tickets.ticket_reply(work, ReplyToTicket(ticket_id, text=said, state=to))
