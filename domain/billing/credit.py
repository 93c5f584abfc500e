"""How much of what accounts bought they owe still: what their wallets are short of."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from store.session import Session


async def on_credit(session: Session, organization_id: UUID, bought: Mapping[UUID, int]) -> list[tuple[UUID, str, int]]:
    """How much of what accounts bought their wallets owe still: wallet, the account's place, rials."""
    wallet = LedgerAccount
    columns: Sequence[Any] = (wallet.id, Account.id, Account.path, wallet.balance)
    statement: Any = select(*columns).join(Account, col(Account.id) == col(wallet.owner_id))
    mine = (
        col(wallet.organization_id) == organization_id, col(wallet.kind) == LedgerAccountKind.WALLET, col(wallet.balance) < 0,
        col(wallet.owner_id).in_(sorted(bought)),
    )  # fmt: skip
    found = await session.execute(statement.where(*mine).order_by(col(wallet.id)))
    shares = ((id, path, min(bought[account_id], -balance)) for id, account_id, path, balance in found)
    return [share for share in shares if share[2] > 0]
