"""Whose a wallet is: an account's, or a prepaid line's, which bears the line's own id and is opened by its first movement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.kernel.ids import Kind, Ref
from domain.kernel.scope import SYSTEM, Scope
from domain.sims.tables import Sim
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import house, made
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from store.session import Session
from store.statements import among
from store.upsert import insert_or_ignore

K = LedgerAccountKind


@dataclass(frozen=True, slots=True)
class Owned:
    """A wallet with its owner as they stand now; `label` is what people call the owner, `line` the card of a line's wallet.

    `unbooked` is what the network said was on a line whose wallet was opened just now: it is booked before anything else.
    """

    wallet_id: UUID
    organization_id: UUID
    owner: Ref
    path: str
    label: str
    line: Sim | None = None
    unbooked: int = 0


async def wallets_for_write(session: Session, scope: Scope, ids: Sequence[UUID]) -> Mapping[UUID, Owned]:
    """Wallets in scope by id, those of lines opened and their cards locked in the order of ids; absent is out of scope or none.

    Whoever calls this books `opening` of them first, in one go with what follows.
    """
    found = await _of_accounts(session, scope, ids)
    rest = [id for id in ids if id not in found]
    return found | await _of_lines(session, scope, rest) if rest else found


def opening(wallet: Owned, clearing: UUID, at: datetime) -> list[Posting]:
    """What is booked when a line's wallet is opened: the balance that the network said it had, against clearing."""
    if not wallet.unbooked:
        return []
    legs = (Leg(wallet.wallet_id, wallet.unbooked), Leg(clearing, -wallet.unbooked))
    return [Posting(legs, wallet.path, LedgerReason.ADJUSTMENT, SYSTEM, at, wallet.owner, "balance told by the network")]


async def opened(session: Session, scope: Scope, wallet_id: UUID, at: datetime) -> Owned | None:
    """A wallet in scope, opened and with its opening booked; null for none. For those who hold no ledger account yet."""
    wallet = (await wallets_for_write(session, scope, [wallet_id])).get(wallet_id)
    if wallet is not None and wallet.unbooked:
        own = await house(session, wallet.organization_id)
        await post(session, wallet.organization_id, opening(wallet, own[K.CLEARING], at))
    return wallet


async def _of_accounts(session: Session, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Owned]:
    wallet = LedgerAccount
    owner = and_(col(Account.organization_id) == col(wallet.organization_id), col(Account.id) == col(wallet.owner_id))
    columns: tuple[Any, ...] = (wallet.id, Account.organization_id, Account.id, Account.path, Account.number)
    statement: Any = select(*columns).join(Account, owner)
    statement = statement.where(col(wallet.kind) == K.WALLET, col(wallet.owner_kind) == Kind.ACCOUNT.value, among(col(wallet.id), "ids"))
    rows = await session.execute(scope.limit(statement, col(Account.organization_id), col(Account.path)), {"ids": ids})
    return {row[0]: Owned(row[0], row[1], Ref(Kind.ACCOUNT, row[2]), row[3], row[4]) for row in rows}


async def _of_lines(session: Session, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Owned]:
    cards = select(Sim, LedgerAccount.id).outerjoin(LedgerAccount, col(LedgerAccount.id) == col(Sim.id))
    cards = cards.where(among(col(Sim.id), "ids"), col(Sim.payment_mode) == PaymentMode.PREPAID)
    cards = scope.limit(cards, col(Sim.organization_id), col(Sim.path)).order_by(col(Sim.id)).with_for_update(of=Sim)
    rows = (await session.execute(cards.execution_options(populate_existing=True), {"ids": ids})).all()
    return {line.id: await _of_line(session, line, is_open=wallet_id is not None) for line, wallet_id in rows}


async def _of_line(session: Session, line: Sim, *, is_open: bool) -> Owned:
    owner, unbooked = Ref(Kind.SIM, line.id), 0
    if not is_open:  # by now another may have: what the network told is booked by the one who does it
        row = made(line.organization_id, owner, K.WALLET, line.id, floor=0)
        unbooked = max(line.balance or 0, 0) * await insert_or_ignore(session, LedgerAccount, [row])
    return Owned(line.id, line.organization_id, owner, line.path, line.msisdn or line.iccid, line, unbooked)
