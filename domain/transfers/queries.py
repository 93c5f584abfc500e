"""Reading what may still be moved out of wallets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlmodel import col, select

from domain.kernel.ids import Kind
from domain.kernel.money import Money
from domain.sims.tables import Sim
from domain.transfers import windows
from domain.transfers.policies import policies_at
from domain.transfers.rules import Left, Terms, left
from domain.transfers.tables import TransferOptOut
from domain.transfers.windows import Side
from domain.wallet.queries import WalletRow
from store.session import Session
from store.statements import among


class TransferWindowRow(msgspec.Struct, frozen=True):
    """What a rolling window still holds."""

    days: int
    count_left: int
    amount_left: Money


class TransferPolicyRow(msgspec.Struct, frozen=True):
    """The rules of moving money out of a wallet as they are now."""

    denominations: list[Money]
    fee: Money
    is_fee_paid_by_sender: bool
    minimum_remaining: Money
    windows: list[TransferWindowRow]
    is_validity_extended: bool


async def policies_of(session: Session, wallets: Sequence[WalletRow], at: datetime) -> list[TransferPolicyRow | None]:
    """The policy of each wallet that was read in scope, null where nothing may leave it now."""
    statuses = await _statuses(session, [wallet.owner.id for wallet in wallets if wallet.owner.kind is Kind.SIM])
    companies = {wallet.organization_id for wallet in wallets}
    policies = {id: await policies_at(session, id, at) for id in companies}
    found: list[TransferPolicyRow | None] = []
    for wallet in wallets:
        terms = policies[wallet.organization_id][wallet.owner.kind]
        may_leave = wallet.owner.kind is Kind.ACCOUNT or statuses.get(wallet.owner.id) in terms.sender_statuses
        found.append(_row(terms, await _left(session, wallet, terms, at)) if terms.is_allowed and may_leave else None)
    return found


async def _statuses(session: Session, sim_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The states of lines whose holders didn't close them to transfers."""
    columns: tuple[Any, ...] = (Sim.id, Sim.status)
    out = (col(TransferOptOut.organization_id) == col(Sim.organization_id)) & (col(TransferOptOut.sim_id) == col(Sim.id))
    statement = select(*columns).outerjoin(TransferOptOut, out).where(among(col(Sim.id), "ids"), col(TransferOptOut.sim_id).is_(None))
    rows = await session.execute(statement, {"ids": sim_ids}) if sim_ids else ()
    return {row[0]: row[1] for row in rows}


async def _left(session: Session, wallet: WalletRow, terms: Terms, at: datetime) -> list[Left]:
    used = await windows.used(session, wallet.organization_id, wallet.id, Side.SENT, terms.sent, at)
    return [left(terms, limit, gone) for limit, gone in zip(terms.sent, used, strict=True)]


def _row(terms: Terms, lefts: Sequence[Left]) -> TransferPolicyRow:
    shown = [TransferWindowRow(one.days, one.count, Money(one.amount)) for one in lefts]
    return TransferPolicyRow(
        [Money(one) for one in terms.denominations], Money(terms.fee), terms.is_fee_paid_by_sender, Money(terms.minimum_remaining), shown,
        bool(terms.extends_validity_days),
    )  # fmt: skip
