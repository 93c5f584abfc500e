"""Moves as tests make them, and the proof that the present is what the dated rows say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import col

from domain.accounts.tables import Account, AccountEdge, Organization, kind_at
from domain.audit.writing import Command, Done, Service, carry_out
from domain.hierarchy import service
from domain.hierarchy.present import catch_up
from domain.jobs.service import Many, at_once
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy, MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.sims.selection import SimSelection
from domain.sims.tables import Sim, SimCounter, SimPlacement
from store.session import Database

ACTOR = ActorRef(uuid7(), "Sara Karimi", person_id=uuid7())


def scope_of(organization_id: UUID, path: str = "", *, at: datetime, permission: Permission = Permission.ACCOUNT_MANAGE) -> Scope:
    """A manager's scope."""
    return Scope(ACTOR, permission, (Reach(organization_id, path),), at)


async def done(database: Database, scope: Scope, what: Service, mode: MutationMode = MutationMode.APPLY) -> Done:
    """Carries a service out."""
    return await carry_out(database, scope, Command("move", mode, "test"), what, at=scope.at)


async def move_account(
    database: Database, scope: Scope, account_id: UUID, parent_id: UUID, when: datetime | None = None,
    mode: MutationMode = MutationMode.APPLY,
) -> Done:  # fmt: skip
    """Moves an account."""
    return await done(database, scope, lambda work: service.account_move(work, account_id, parent_id, effective_at=when), mode)


async def move_sims(
    database: Database, scope: Scope, ids: Sequence[UUID], account_id: UUID, when: datetime | None = None,
    policy: BulkErrorPolicy = BulkErrorPolicy.REJECT_ALL, mode: MutationMode = MutationMode.APPLY,
) -> Done:  # fmt: skip
    """Moves cards."""
    many = Many(service.MOVE, service.move_request(account_id, when), SimSelection(ids), policy)
    return await done(database, scope, lambda work: at_once(work, many), mode)


async def settled(database: Database, organization_id: UUID, at: datetime) -> None:
    """Lets an organization's clock come to an instant, and proves that the present is what the dated rows say then."""
    await catch_up(database, [organization_id], at=at)
    assert await present(database, organization_id) == await dated(database, organization_id, at)


async def present(database: Database, organization_id: UUID) -> Mapping[str, Any]:
    """What the present columns say, and when the next move is due."""
    async with database.read() as session:
        accounts = select(Account.id, Account.parent_id, Account.path, Account.depth, Account.kind).where(
            Account.organization_id == organization_id
        )
        cards = select(Sim.id, Sim.account_id, Sim.path).where(Sim.organization_id == organization_id)
        counted = select(SimCounter.account_id, SimCounter.status, SimCounter.count).where(
            SimCounter.organization_id == organization_id, SimCounter.count > 0
        )
        return {
            "accounts": {tuple(row) for row in await session.execute(accounts)},
            "cards": {tuple(row) for row in await session.execute(cards)},
            "counters": {tuple(row) for row in await session.execute(counted)},
            "next": await session.scalar(select(Organization.next_move_at).where(Organization.id == organization_id)),
        }


async def dated(database: Database, organization_id: UUID, at: datetime) -> Mapping[str, Any]:
    """The same recomputed from the dated rows."""
    def held(table: type[AccountEdge] | type[SimPlacement]) -> Sequence[Any]:
        ends = col(table.valid_to)
        return (table.organization_id == organization_id, col(table.valid_from) <= at, or_(ends.is_(None), ends > at))

    async with database.read() as session:
        edges = select(AccountEdge.account_id, AccountEdge.parent_id, AccountEdge.path, AccountEdge.depth).where(*held(AccountEdge))
        accounts = {(*row, kind_at(row[3])) for row in await session.execute(edges)}
        paths = {row[0]: row[2] for row in accounts}
        stays = select(SimPlacement.sim_id, SimPlacement.account_id, Sim.status).join(Sim, col(Sim.id) == SimPlacement.sim_id)
        placed = [tuple(row) for row in await session.execute(stays.where(*held(SimPlacement)))]
        counts: dict[tuple[UUID, str], int] = {}
        for _, account_id, status in placed:
            counts[account_id, status] = counts.get((account_id, status), 0) + 1
        firsts = [
            await session.scalar(
                select(func.min(table.valid_from)).where(table.organization_id == organization_id, col(table.valid_from) > at)
            )
            for table in (AccountEdge, SimPlacement)
        ]
        return {
            "accounts": accounts,
            "cards": {(sim_id, account_id, paths[account_id]) for sim_id, account_id, _ in placed},
            "counters": {(*place, count) for place, count in counts.items()},
            "next": min((first for first in firsts if first is not None), default=None),
        }
