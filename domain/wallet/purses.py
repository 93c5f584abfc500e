"""Whose money is where: purses of accounts and lines, and the house accounts of an organization."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import union_all
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.kernel.ids import Kind, Ref, uuid7
from domain.sims.tables import Sim
from domain.wallet import digests
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from store.session import Session
from store.upsert import insert_or_ignore

K = LedgerAccountKind
HOUSE = (K.REVENUE, K.TAX, K.CLEARING, K.PROMOTION, K.VOUCHER)


async def open_wallet(
    session: Session, organization_id: UUID, owner: Ref, *,
    floor: int = 0, ceiling: int | None = None, lot_months: int | None = None, id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Gives an account or a line its wallet, once, and returns the wallet's id; `floor` is minus the credit limit, in rials.

    With `lot_months` what comes in is lost after so many Jalali months unless it was used (TE-04).
    """
    row = made(organization_id, owner, K.WALLET, id or uuid7(), floor=floor, ceiling=ceiling, lot_months=lot_months)
    await insert_or_ignore(session, LedgerAccount, [row])
    return (await owned_by(session, organization_id, owner.id))[K.WALLET]


async def purse(
    session: Session, organization_id: UUID, owner: Ref, kind: LedgerAccountKind, *, floor: int | None = None, lot_months: int | None = None
) -> UUID:
    """An account's deposit or receivable, or a line's bonus money, made on first use.

    `floor` in rials and `lot_months` are those of a new one, null for none.
    """
    found = await owned_by(session, organization_id, owner.id)
    if kind not in found:
        await insert_or_ignore(session, LedgerAccount, [made(organization_id, owner, kind, uuid7(), floor=floor, lot_months=lot_months)])
        found = await owned_by(session, organization_id, owner.id)
    return found[kind]


async def house(session: Session, organization_id: UUID) -> Mapping[LedgerAccountKind, UUID]:
    """The organization's house accounts, made on first use; they have no floor."""
    found = await owned_by(session, organization_id, organization_id)
    if len(found) < len(HOUSE):
        owner = Ref(Kind.ORGANIZATION, organization_id)
        await insert_or_ignore(session, LedgerAccount, [made(organization_id, owner, kind, uuid7()) for kind in HOUSE])
        found = await owned_by(session, organization_id, organization_id)
    return found


async def owned_by(session: Session, organization_id: UUID, owner_id: UUID) -> Mapping[LedgerAccountKind, UUID]:
    """The ledger accounts of an owner by their kinds."""
    statement = select(LedgerAccount.kind, LedgerAccount.id)
    statement = statement.where(col(LedgerAccount.organization_id) == organization_id, col(LedgerAccount.owner_id) == owner_id)
    return {LedgerAccountKind(kind): id for kind, id in await session.execute(statement)}


async def place_of(session: Session, id: UUID) -> str | None:
    """Where the owner of a purse is now, for its side of a movement; null for a house account."""
    owners = [
        select(owner.path).join(LedgerAccount, col(LedgerAccount.owner_id) == col(owner.id)).where(col(LedgerAccount.id) == id)
        for owner in (Account, Sim)
    ]
    return (await session.execute(union_all(*owners))).scalar_one_or_none()


async def bound(session: Session, organization_id: UUID, id: UUID, **bounds: int | None) -> bool:
    """Gives a ledger account another `floor` or `ceiling`; says whether it did, for what is below that floor keeps the one it has."""
    here = (col(LedgerAccount.organization_id) == organization_id, col(LedgerAccount.id) == id)
    locked = select(LedgerAccount).where(*here).with_for_update().execution_options(populate_existing=True)
    account = (await session.scalars(locked)).one()
    row = account.model_dump() | bounds
    if row["floor"] is not None and account.balance - account.held < row["floor"]:
        return False
    account.floor, account.ceiling, account.digest = row["floor"], row["ceiling"], digests.of_row(digests.ACCOUNT, row)
    await session.flush()
    return True


def made(
    organization_id: UUID, owner: Ref, kind: LedgerAccountKind, id: UUID, *,
    floor: int | None = None, ceiling: int | None = None, lot_months: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The row of a new ledger account, empty and sealed."""
    row = {
        "id": id, "organization_id": organization_id, "kind": kind, "owner_kind": owner.kind.value, "owner_id": owner.id, "balance": 0,
        "held": 0, "floor": floor, "ceiling": ceiling, "lot_months": lot_months, "entry_count": 0,
    }  # fmt: skip
    return row | {"digest": digests.of_row(digests.ACCOUNT, row)}

