"""The one place where money moves: books transfers with their entries and changes balances, never below a wallet's floor."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.kernel.errors import InsufficientFunds
from domain.kernel.ids import Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.scope import ActorRef
from domain.wallet.rules import Leg, movement
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session
from store.upsert import insert_all, insert_or_ignore


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer to be booked; `path` is the place of the account for which money moves."""

    legs: Sequence[Leg]
    path: str
    reason: LedgerReason
    by: ActorRef
    at: datetime
    cause: Ref | None = None
    memo: str | None = None
    reverses_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)


async def post(
    session: Session, organization_id: UUID, postings: Sequence[Posting], *, new_id: Callable[[], UUID] = uuid7
) -> None:
    """Books transfers in order, all of them or none, in as many statements for a hundred as for one.

    Raises `InsufficientFunds` when a wallet would fall below its floor by all of them together.
    """
    if postings:
        await insert_all(session, LedgerTransfer, [_transfer(organization_id, posting) for posting in postings])
        await _move(session, organization_id, postings, new_id)


async def post_reversal(session: Session, organization_id: UUID, posting: Posting) -> UUID:
    """Books a transfer that undoes another, unless that was undone before; returns the one transfer that undoes it."""
    if await insert_or_ignore(session, LedgerTransfer, [_transfer(organization_id, posting)]):
        await _move(session, organization_id, [posting])
        return posting.id
    undone = col(LedgerTransfer.reverses_id) == posting.reverses_id
    return (await session.execute(select(LedgerTransfer.id).where(undone))).scalar_one()


def _transfer(organization_id: UUID, posting: Posting) -> dict[str, Any]:
    return {
        "id": posting.id,
        "organization_id": organization_id,
        "posted_at": posting.at,
        "reason": posting.reason.value,
        "by": posting.by.as_json(),
        "cause_kind": posting.cause.kind.value if posting.cause else None,
        "cause_id": posting.cause.id if posting.cause else None,
        "memo": posting.memo,
        "reverses_id": posting.reverses_id,
    }


async def _move(session: Session, organization_id: UUID, postings: Sequence[Posting], new_id: Callable[[], UUID] = uuid7) -> None:
    """Changes each balance once, in the order of ids so that writers never wait for each other in a ring, then writes the entries."""
    legs = [(posting, leg) for posting in postings for leg in movement(*posting.legs)]
    totals: dict[UUID, list[int]] = defaultdict(list)
    for _, leg in legs:
        totals[leg.ledger_account_id].append(leg.amount)
    standing = {}
    for id in sorted(totals):
        balance, count = await _change(session, organization_id, id, sum(totals[id]), len(totals[id]))
        standing[id] = (balance - sum(totals[id]), count - len(totals[id]))
    entries = []
    for posting, leg in legs:
        balance, count = standing[leg.ledger_account_id]
        standing[leg.ledger_account_id] = balance, count = balance + leg.amount, count + 1
        entries.append(
            {
                "id": new_id(),
                "organization_id": organization_id,
                "transfer_id": posting.id,
                "ledger_account_id": leg.ledger_account_id,
                "seq": count,
                "posted_at": posting.at,
                "amount": leg.amount,
                "balance_after": balance,
                "path": posting.path,
            }
        )
    await insert_all(session, LedgerEntry, entries)


async def _change(session: Session, organization_id: UUID, id: UUID, amount: int, count: int) -> tuple[int, int]:
    """Adds to one balance if its floor allows it, and returns the new balance and number of entries."""
    account = LedgerAccount
    here = (col(account.organization_id) == organization_id, col(account.id) == id)
    allowed = (col(account.kind) != LedgerAccountKind.WALLET) | (col(account.balance) - col(account.held) + amount >= col(account.floor))
    changed = await session.execute(
        update(account)
        .where(*here, allowed)
        .values(balance=col(account.balance) + amount, entry_count=col(account.entry_count) + count)
        .returning(col(account.balance), col(account.entry_count))
        .execution_options(synchronize_session=False)
    )
    row = changed.one_or_none()
    if row is None:
        balance, held, floor = (await session.execute(select(account.balance, account.held, account.floor).where(*here))).one()
        raise InsufficientFunds(required=Money(-amount), available=Money(balance - held - floor))
    return row[0], row[1]
