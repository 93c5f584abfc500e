"""What is done with wallets: pay from one, give back, correct."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import col, select

from domain.accounts.queries import AccountRow
from domain.accounts.tables import Account
from domain.audit.writing import Result, Work
from domain.kernel.errors import NotEligible, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money, Price
from domain.kernel.scope import ActorRef
from domain.wallet import holds, rules
from domain.wallet.ledger import Posting, post, post_reversal
from domain.wallet.owners import opened
from domain.wallet.purses import house, owned_by
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason, LedgerTransfer
from store.session import Session

K = LedgerAccountKind


async def pay_for_items(
    work: Work, *, account: Account | AccountRow, items: Sequence[tuple[UUID, Price]], cause: Ref, by: ActorRef | None = None,
    hold_id: UUID | None = None,
) -> Mapping[UUID, UUID]:  # fmt: skip
    """Pays for the items of an order from the account's wallet, one transfer for each so that each can be given back.

    The actor pays, unless it is somebody else whom the actor lets; with `hold_id` it is money held before (`hold_for`).

    Returns the transfer of each item that costs anything; raises `InsufficientFunds` when the wallet can't pay for all of them.
    """
    organization_id, path = account.organization_id, account.path
    work.within(organization_id, path)
    wallet_id = await _paying(work, account)
    own = await house(work.sql, organization_id)
    legs = {id: rules.sale(price, wallet=wallet_id, revenue=own[K.REVENUE], tax=own[K.TAX]) for id, price in items}
    buyer = by or work.scope.actor
    postings = {id: Posting(sides, path, LedgerReason.ORDER, buyer, work.at, cause) for id, sides in legs.items() if sides}
    work.within(organization_id, path, wallet_id)
    if hold_id is None:
        await post(work.sql, organization_id, list(postings.values()))
    elif postings:
        await holds.capture(work.sql, hold_id, *postings.values())
    await _record(work, wallet_id, account.number, -sum(price.gross.minor for _, price in items))
    return {id: posting.id for id, posting in postings.items()}


async def hold_for(work: Work, *, account: Account | AccountRow, amount: Money, cause: Ref) -> UUID | None:
    """Holds what something will cost in the account's wallet until it is decided, and returns the hold; null when it costs nothing.

    Raises `InsufficientFunds`.
    """
    organization_id, wallet_id = account.organization_id, await _paying(work, account)
    if not amount.minor:
        return None
    work.within(organization_id, account.path, wallet_id)
    hold_id = await holds.hold(work.sql, organization_id, wallet_id, amount.minor, cause=cause, at=work.at)
    held = (await work.sql.execute(select(LedgerAccount.held).where(col(LedgerAccount.id) == wallet_id))).scalar_one()
    work.changed(Ref(Kind.WALLET, wallet_id), account.number, "held", held - amount.minor, held, money=amount)
    return hold_id


async def _paying(work: Work, account: Account | AccountRow) -> UUID:
    """The wallet of an account; raises `NotEligible` when it has none."""
    wallet_id = (await owned_by(work.sql, account.organization_id, account.id)).get(K.WALLET)
    if wallet_id is None:
        raise NotEligible("wallet.none")
    return wallet_id


async def refund_item(session: Session, *, transfer_id: UUID, by: ActorRef, at: datetime, memo: str | None = None) -> UUID:
    """Gives back what one item cost by undoing its transfer, once however often it is asked; returns the transfer that undid it."""
    paid = await session.get(LedgerTransfer, transfer_id)
    if paid is None or paid.reason != LedgerReason.ORDER:
        raise NotFound
    entries = await session.execute(
        select(LedgerEntry.ledger_account_id, LedgerEntry.amount, LedgerAccount.kind, Account.path)
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
        .outerjoin(Account, and_(col(LedgerAccount.kind) == K.WALLET, col(Account.id) == col(LedgerAccount.owner_id)))
        .where(col(LedgerEntry.transfer_id) == transfer_id)
    )
    rows = entries.all()
    path = next(path for _, _, kind, path in rows if kind == K.WALLET)
    cause = Ref(Kind(paid.cause_kind), paid.cause_id) if paid.cause_kind and paid.cause_id else None
    back = rules.reversal([Leg(id, amount) for id, amount, _, _ in rows])
    posting = Posting(back, path, LedgerReason.REFUND, by, at, cause, memo, reverses_id=transfer_id)
    return await post_reversal(session, paid.organization_id, posting)


async def adjust(work: Work, *, wallet_id: UUID, amount: int, reason: str) -> Result:
    """Corrects a wallet by so many rials, plus or minus, against clearing, never below its floor.

    Raises `NotFound`, `InvalidInput`, `InsufficientFunds`.
    """
    wallet = await opened(work.sql, work.scope, wallet_id, work.at)
    if wallet is None:
        raise NotFound(field=("walletId",))
    work.within(wallet.organization_id, wallet.path, wallet_id)
    rules.check_adjustment(amount, reason)
    work.reason = reason.strip()
    own = await house(work.sql, wallet.organization_id)
    legs = rules.movement(Leg(wallet_id, amount), Leg(own[K.CLEARING], -amount))
    posting = Posting(legs, wallet.path, LedgerReason.ADJUSTMENT, work.scope.actor, work.at, memo=work.reason)
    await post(work.sql, wallet.organization_id, [posting])
    await _record(work, wallet_id, wallet.label, amount)
    return {"transfer": posting.id}


async def _record(work: Work, wallet_id: UUID, label: str, moved: int) -> None:
    """Tells what became of a wallet's balance."""
    if moved:
        after = (await work.sql.execute(select(LedgerAccount.balance).where(col(LedgerAccount.id) == wallet_id))).scalar_one()
        work.changed(Ref(Kind.WALLET, wallet_id), label, "balance", after - moved, after, money=Money(moved))
