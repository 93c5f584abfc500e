"""Transfers in tests: each in a transaction of its own, under a chosen policy."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlmodel import select

from domain.accounts.tables import PaymentMode
from domain.audit.writing import Command, Done, carry_out, fingerprint
from domain.catalogue.service import set_first_vat_rates
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, Scope
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.transfers import policies, rules, service
from domain.transfers.service import TransferRequest
from domain.wallet.ledger import Posting, post
from domain.wallet.owners import opened
from domain.wallet.purses import house
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from store.faults import StoreBusy
from store.session import Database
from tests.world import NOW, Tenant


def manages(tenant: Tenant, *, at: datetime = NOW) -> Scope:
    """What the company's profile manager may move."""
    return tenant.as_profile_manager().scope(Permission.WALLET_TRANSFER, at)


async def move(
    database: Database, tenant: Tenant, source: UUID, target: UUID, amount: int, *,
    at: datetime = NOW, scope: Scope | None = None, key: UUID | None = None, memo: str | None = None, mode: MutationMode = MutationMode.APPLY,
) -> Done:  # fmt: skip
    """Moves money the way `walletTransfer` does."""
    key = key or uuid4()
    content = fingerprint({"from": source.hex, "to": target.hex, "amount": amount})
    request = TransferRequest(source, target, amount, rules.reference(key), memo)
    command = Command("walletTransfer", mode, content, idempotency_key=key)
    return await carry_out(database, scope or manages(tenant, at=at), command, lambda work: service.transfer(work, request), at=at)


async def choose(database: Database, tenant: Tenant, name: str, *, owner: Kind = Kind.SIM, at: datetime | None = None, **terms: Any) -> None:
    """Puts a shipped policy, or one with other terms, into force from long ago or from an instant on."""
    chosen = {**policies.SHIPPED.get(name, {}), **terms}
    async with database.write() as session:
        await set_first_vat_rates(session)
        await policies.choose(session, tenant.id, owner, name, chosen, at=at or datetime.fromisoformat("2020-01-01T00:00:00+00:00"))


async def balance(database: Database, wallet_id: UUID) -> int | None:
    """What a wallet holds, null before it was opened."""
    async with database.read() as session:
        return (await session.scalars(select(LedgerAccount.balance).where(LedgerAccount.id == wallet_id))).one_or_none()


async def prepaid(database: Database, tenant: Tenant, *balances: int, first: int = 0) -> list[UUID]:
    """Makes lines of a company prepaid with these balances, told by the network; returns their ids, which are their wallets' too."""
    lines = [sim for sim in tenant.sims if sim.status == SimStatus.ACTIVE][first : first + len(balances)]
    async with database.write() as session:
        for line, balance in zip(lines, balances, strict=True):
            figures = {"credit_limit": None, "debt": None, "current_charge": None, "balance": balance, "figures_source": "CARRIER"}
            await session.execute(update(Sim).where(Sim.id == line.id).values(payment_mode=PaymentMode.PREPAID, **figures))
    return [line.id for line in lines]


async def fill(database: Database, tenant: Tenant, wallet_id: UUID, amount: int, reason: LedgerReason, *, at: datetime = NOW) -> None:
    """Books so much into a line's wallet, or out of it, as a top-up or as usage does."""
    async with database.write() as session:
        wallet = await opened(session, manages(tenant), wallet_id, at)
        assert wallet is not None
        clearing = (await house(session, tenant.id))[LedgerAccountKind.CLEARING]
        await post(session, tenant.id, [Posting((Leg(wallet_id, amount), Leg(clearing, -amount)), wallet.path, reason, SYSTEM, at)])


async def insistently(database: Database, tenant: Tenant, source: UUID, target: UUID, amount: int) -> Done:
    """Moves money as a client does that asks again under its key while the store is busy: on SQLite writers take turns."""
    key, scope = uuid4(), manages(tenant)
    while True:
        try:
            return await move(database, tenant, source, target, amount, scope=scope, key=key)
        except StoreBusy:
            continue
