"""The one place where money moves: books transfers with their entries and changes balances, never below a floor."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import col, select

from domain.kernel.errors import InsufficientFunds, LimitReached
from domain.kernel.ids import Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.quantity import Quantity, Unit
from domain.kernel.scope import ActorRef
from domain.wallet import lots
from domain.wallet.digests import TRANSFER, of_entry, written
from domain.wallet.rules import Leg, lot_expiry, movement
from domain.wallet.tables import LedgerAccount, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session
from store.statements import among
from store.upsert import insert_all, insert_or_ignore

BOUNDED = frozenset({LedgerReason.TOP_UP, LedgerReason.TRANSFER})
"""Reasons that lift no balance above its ceiling (M1-04); what is given back may."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer to be booked; `path` is the place of the account for which money moves.

    `is_bounded` says whether ceilings count; by the reason if null.
    """

    legs: Sequence[Leg]
    path: str
    reason: LedgerReason
    by: ActorRef
    at: datetime
    cause: Ref | None = None
    memo: str | None = None
    reverses_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)
    is_bounded: bool | None = None

    @property
    def keeps_ceilings(self) -> bool:
        """Whether it is refused when it would lift a balance above its ceiling."""
        return self.reason in BOUNDED if self.is_bounded is None else self.is_bounded


@dataclass(frozen=True, slots=True)
class Standing:
    """How a locked ledger account stands: its balance, what is held of it, and how much can be taken; null is any amount."""

    balance: int
    held: int
    available: int | None


@dataclass(frozen=True, slots=True)
class _Standing:
    """A ledger account right after its balance was changed."""

    balance: int
    entry_count: int
    lot_months: int | None


async def post(
    session: Session,
    organization_id: UUID,
    postings: Sequence[Posting],
    *,
    released: Mapping[UUID, int] | None = None,
    new_id: Callable[[], UUID] = uuid7,
) -> None:
    """Books transfers in order, all of them or none, in as many statements for a hundred as for one.

    `released` is what no longer is held, by ledger account. Raises `InsufficientFunds` when an account would fall below its floor by all
    of them together, `LimitReached` when a top-up or transfer would lift one above its ceiling.
    """
    if postings:
        await insert_all(session, LedgerTransfer, [_transfer(organization_id, posting) for posting in postings])
        await _move(session, organization_id, postings, released or {}, new_id)


async def lock(session: Session, organization_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, Standing]:
    """Holds ledger accounts until the end of the transaction and says how they stand: for rules over what moved before.

    They are taken in the order of ids, as balances are changed: whoever will move others as well names them here too.
    """
    account = LedgerAccount
    statement = select(account.id, account.balance, account.held, account.floor).where(col(account.organization_id) == organization_id)
    ordered = statement.where(among(col(account.id), "ids")).order_by(col(account.id)).with_for_update()
    rows = await session.execute(ordered, {"ids": list(ids)})
    return {id: Standing(balance, held, None if floor is None else balance - held - floor) for id, balance, held, floor in rows}


async def change_held(session: Session, organization_id: UUID, ledger_account_id: UUID, amount: int) -> None:
    """Holds so much more, or less, of an account; raises `InsufficientFunds` when less is available. Only for `holds`."""
    await _change(session, organization_id, ledger_account_id, 0, 0, held=amount)


async def post_reversal(session: Session, organization_id: UUID, posting: Posting) -> UUID:
    """Books a transfer that undoes another, unless that was undone before; returns the one transfer that undoes it."""
    if await insert_or_ignore(session, LedgerTransfer, [_transfer(organization_id, posting)]):
        await _move(session, organization_id, [posting], {}, uuid7)
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


async def _move(
    session: Session, organization_id: UUID, postings: Sequence[Posting], released: Mapping[UUID, int], new_id: Callable[[], UUID]
) -> None:
    """Changes each balance once, in the order of ids so that writers never wait for each other in a ring, then writes entries and lots."""
    legs = [(posting, leg) for posting in postings for leg in movement(*posting.legs)]
    totals: dict[UUID, list[int]] = defaultdict(list)
    for _, leg in legs:
        totals[leg.ledger_account_id].append(leg.amount)
    bounded = {leg.ledger_account_id for posting, leg in legs if posting.keeps_ceilings and leg.amount > 0}
    standing = {}
    for id in sorted(totals):
        change = (sum(totals[id]), len(totals[id]))
        now = await _change(session, organization_id, id, *change, held=-released.get(id, 0), is_bounded=id in bounded)
        standing[id] = _Standing(now.balance - change[0], now.entry_count - change[1], now.lot_months)
    entries, sealed = [], {posting.id: written(TRANSFER, _transfer(organization_id, posting)) for posting in postings}
    for posting, leg in legs:
        before = standing[leg.ledger_account_id]
        after = standing[leg.ledger_account_id] = _Standing(before.balance + leg.amount, before.entry_count + 1, before.lot_months)
        entry = _entry(organization_id, posting, leg, after, new_id())
        entries.append(entry | {"digest": of_entry(sealed[posting.id], entry)})
        if after.lot_months is not None:
            lost_at = leg.lost_at or lot_expiry(posting.at, after.lot_months)
            await lots.keep(
                session, organization_id, leg.ledger_account_id, posting.id,
                before=before.balance, after=after.balance, lost_at=lost_at, at=posting.at, reverses_id=posting.reverses_id,
            )  # fmt: skip
    await insert_all(session, LedgerEntry, entries)


def _entry(organization_id: UUID, posting: Posting, leg: Leg, after: _Standing, id: UUID) -> dict[str, Any]:
    return {
        "id": id, "organization_id": organization_id, "transfer_id": posting.id, "ledger_account_id": leg.ledger_account_id,
        "seq": after.entry_count, "posted_at": posting.at, "amount": leg.amount, "balance_after": after.balance,
        "path": posting.path if leg.path is None else leg.path,
    }  # fmt: skip


async def _change(
    session: Session, organization_id: UUID, id: UUID, amount: int, count: int, *, held: int = 0, is_bounded: bool = False
) -> _Standing:
    """Adds to one balance and to what is held of it if floor and ceiling allow it, and returns how it stands."""
    account = LedgerAccount
    here = (col(account.organization_id) == organization_id, col(account.id) == id)
    left = col(account.balance) - col(account.held) + (amount - held)
    allowed = [*here, col(account.floor).is_(None) | (left >= col(account.floor))]
    if is_bounded and amount > 0:
        allowed.append(col(account.ceiling).is_(None) | (col(account.balance) + amount <= col(account.ceiling)))
    changed = await session.execute(
        update(account)
        .where(*allowed)
        .values(balance=col(account.balance) + amount, held=col(account.held) + held, entry_count=col(account.entry_count) + count)
        .returning(col(account.balance), col(account.entry_count), col(account.lot_months))
        .execution_options(synchronize_session=False)
    )
    row = changed.one_or_none()
    if row is None:
        raise await _refusal(session, here, held - amount)
    return _Standing(*row)


async def _refusal(session: Session, here: Sequence[ColumnElement[bool]], required: int) -> InsufficientFunds | LimitReached:
    """Why a change wasn't allowed: too little above the floor, or too much for the ceiling."""
    account = LedgerAccount
    statement = select(account.balance, account.held, account.floor, account.ceiling).where(*here)
    balance, held, floor, ceiling = (await session.execute(statement)).one()
    if floor is not None and balance - held - required < floor:
        return InsufficientFunds(required=Money(required), available=Money(balance - held - floor))
    return LimitReached("wallet.ceiling", maximum=Quantity(ceiling or 0, Unit.RIAL))
