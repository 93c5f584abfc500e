"""Issuing bills: their amounts from their lines, their place in the books, and what accounts owe on them from then on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select

from domain.accounts.service import next_number
from domain.accounts.tables import Account
from domain.audit.writing import Result, Work
from domain.billing import papers, rules
from domain.billing.attached import bill_for_update
from domain.billing.credit import on_credit
from domain.billing.states import ISSUED, BillState
from domain.billing.tables import Bill, BillingTerms, BillLine
from domain.billing.telling import tell_bill
from domain.kernel.errors import NotFound, StateConflict
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.people.queries import managers_of
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, open_wallet, place_of, purse
from domain.wallet.rules import Leg, movement
from domain.wallet.tables import LedgerAccountKind, LedgerReason
from store.session import Session

K, S = LedgerAccountKind, BillState


@dataclass(frozen=True, slots=True)
class Sums:
    """What a bill's lines come to: all of them, those not paid when they arose (net and tax), and what each account bought."""

    count: int
    net: int
    vat: int
    open_net: int
    open_vat: int
    bought: Mapping[UUID, int]


async def complete(work: Work, bill_id: UUID, *, is_held: bool) -> Result:
    """Adds up a new bill whose lines are all there and issues it, or holds it back for a check; without any line there is no bill."""
    bill = await _for_write(work.sql, bill_id)
    work.within(bill.organization_id, bill.path, bill.id)
    sums = await _sums(work.sql, bill)
    if not sums.count:
        await work.sql.execute(delete(Bill).where(col(Bill.id) == bill.id))
        return {"bill": bill.id}
    bill.line_count, bill.net, bill.vat, bill.amount_due = sums.count, sums.net, sums.vat, sums.net + sums.vat
    if is_held:
        _move(work, bill, S.ON_HOLD)
        return {"bill": bill.id}
    return await _issue(work, bill, sums)


async def release(work: Work, bill_id: UUID) -> Result:
    """Issues a bill that was held back; raises `StateConflict` for any other."""
    bill = await _for_write(work.sql, bill_id)
    work.within(bill.organization_id, bill.path, bill.id)
    if bill.state != S.ON_HOLD:
        raise StateConflict("billing.state", state=bill.state, to=S.VALIDATED)
    return await _issue(work, bill, await _sums(work.sql, bill))


async def after_paying(work: Work, bill: Bill) -> None:
    """Brings what depends on what is due of a bill up to date: from when its account is overdue, and its cards' figures after commit."""
    await work.sql.flush()
    await note_overdue(work.sql, bill.account_id)
    await work.afterwards(FIGURES_KIND, {"bill_id": bill.id.hex}, subject=f"{FIGURES_KIND}:{bill.id}")


FIGURES_KIND = "billing.figures"
"""Bringing the figures of a bill's cards up to date, after what is owed on it changed."""


async def note_overdue(session: Session, account_id: UUID) -> None:
    """Notes on an account from when its oldest unpaid bill is overdue."""
    unpaid = select(func.min(Bill.due_at)).where(
        col(Bill.organization_id) == col(Account.organization_id), col(Bill.account_id) == col(Account.id), col(Bill.amount_due) > 0,
        col(Bill.state).in_(sorted(ISSUED)),
    )  # fmt: skip
    noted = update(Account).where(col(Account.id) == account_id).values(overdue_from=unpaid.scalar_subquery())
    await session.execute(noted.execution_options(synchronize_session=False))


async def _issue(work: Work, bill: Bill, sums: Sums) -> Result:
    """Gives a bill its number and time to pay, and books it.

    What was bought was paid from the buyer's wallet at once; only as much of it as was on credit is owed by the bill, and the wallet has
    its credit back. All the rest is owed from now on. Where credits are more than that, the wallet gets what is over.
    """
    year = bill.month[:4]
    terms = await work.sql.get(BillingTerms, bill.account_id)
    bill.number = f"BL-{year}-{await next_number(work.sql, bill.organization_id, f'BL-{year}'):05}"
    bill.issued_at, bill.due_at = work.at, rules.due_at(work.at, terms.due_days if terms else rules.DUE_DAYS)
    shares = await on_credit(work.sql, bill.organization_id, sums.bought)
    owed = sums.open_net + sums.open_vat + sum(amount for _, _, amount in shares)
    bill.amount_due = max(owed, 0)
    bill.paid = bill.net + bill.vat - bill.amount_due
    await _book(work, bill, sums, shares, over=max(-owed, 0))
    for state in (S.VALIDATED, S.SENT):
        _move(work, bill, state)
    if bill.amount_due == 0:
        _move(work, bill, S.SETTLED)
    work.changed(Ref(Kind.BILL, bill.id), bill.number, "amountDue", None, bill.amount_due, money=Money(bill.amount_due))
    await work.sql.flush()
    await note_overdue(work.sql, bill.account_id)
    await work.afterwards_each([papers.letter(bill)])
    await tell_bill(work.sql, bill, await managers_of(work.sql, bill.organization_id, bill.path, at=work.at), "issued", at=work.at)
    return {"bill": bill.id}


async def _book(work: Work, bill: Bill, sums: Sums, shares: Sequence[tuple[UUID, str, int]], *, over: int) -> None:
    """Moves the money of a bill: its lines to revenue and tax, credit back to wallets that bought on it, and to its own what is over."""
    session, organization_id, owner = work.sql, bill.organization_id, Ref(Kind.ACCOUNT, bill.account_id)
    owing, books = await purse(session, organization_id, owner, K.RECEIVABLE), await house(session, organization_id)
    moved = [(bill.path, movement(
        Leg(owing, -sums.open_net - sums.open_vat), Leg(books[K.REVENUE], sums.open_net), Leg(books[K.TAX], sums.open_vat)
    ))]  # fmt: skip
    moved += [(path, movement(Leg(owing, -amount, bill.path), Leg(wallet_id, amount))) for wallet_id, path, amount in shares]
    if over:
        wallet_id = await open_wallet(session, organization_id, owner)
        moved.append((bill.path, movement(Leg(owing, -over), Leg(wallet_id, over, await place_of(session, wallet_id)))))
    cause = Ref(Kind.BILL, bill.id)
    await post(
        session, organization_id, [Posting(legs, path, LedgerReason.BILL, work.scope.actor, work.at, cause) for path, legs in moved if legs]
    )


async def _sums(session: Session, bill: Bill) -> Sums:
    """Adds up a bill's lines."""
    line, is_bought = BillLine, col(BillLine.transfer_id).is_not(None)
    columns: Sequence[Any] = (is_bought, line.account_id, func.count(), func.sum(line.net), func.sum(line.vat))
    mine = (col(line.organization_id) == bill.organization_id, col(line.bill_id) == bill.id)
    found = await session.execute(select(*columns).where(*mine).group_by(is_bought, col(line.account_id)))
    rows = [(bought, id, *map(int, sums)) for bought, id, *sums in found]
    count, net, vat = (sum(row[place] for row in rows) for place in (2, 3, 4))
    open_net, open_vat = (sum(row[place] for row in rows if not row[0]) for place in (3, 4))
    return Sums(count, net, vat, open_net, open_vat, {row[1]: row[3] + row[4] for row in rows if row[0]})


async def _for_write(session: Session, bill_id: UUID) -> Bill:
    bill = await bill_for_update(session, bill_id)
    if bill is None:
        raise NotFound(field=("billId",))
    return bill


def _move(work: Work, bill: Bill, to: BillState) -> None:
    state = rules.move(BillState(bill.state), to)
    work.changed(Ref(Kind.BILL, bill.id), bill.number or bill.month, "state", bill.state, state)
    bill.state = state

