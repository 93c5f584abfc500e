"""Keeps the present columns of accounts and SIM cards as the dated rows say, from the exact instant on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, union_all, update
from sqlmodel import col

from domain.accounts.tables import Account, AccountEdge, Organization, kind_at
from domain.kernel.clock import Clock
from domain.sims import counters
from domain.sims.tables import Sim, SimPlacement
from store.models import table_of
from store.outbox import Handler, Letter, Task
from store.session import Database, Session
from store.statements import among

MOVES_DUE = "hierarchy.moves_due"


async def hold(session: Session, organization_id: UUID, *, at: datetime) -> None:
    """Waits for whoever else changes this organization's tree, and carries out what is due by now: from here on it stands still."""
    held = select(col(Organization.next_move_at)).where(col(Organization.id) == organization_id)
    since = (await session.execute(held.with_for_update(key_share=True))).scalar_one()
    if since is not None and since <= at:
        await _carry_out(session, organization_id, since, at)


async def settle(session: Session, organization_id: UUID, *, when: datetime, at: datetime) -> list[Letter]:
    """Makes dated rows that begin at an instant count: at once, or when it comes; the tree is held. Returns the work to do by then."""
    if when <= at:
        await _carry_out(session, organization_id, when, at)
        return []
    await _note_next(session, organization_id, at)
    subject = f"{MOVES_DUE}:{organization_id}:{when.isoformat()}"
    return [Letter(MOVES_DUE, {"organization_id": organization_id.hex}, subject, when, subject)]


async def catch_up(database: Database, organization_ids: Iterable[UUID], *, at: datetime) -> None:
    """Carries out the moves of organizations that are due by an instant, once however many ask for it."""
    for organization_id in sorted(organization_ids):
        async with database.write() as session:
            await hold(session, organization_id, at=at)


def handlers(database: Database, clock: Clock) -> dict[str, Handler]:
    """The outbox's handler: what is due is carried out by the worker if nobody looked before."""

    async def moves_due(task: Task) -> None:
        await catch_up(database, [UUID(task.payload["organization_id"])], at=clock.now())

    return {MOVES_DUE: moves_due}


async def _carry_out(session: Session, organization_id: UUID, since: datetime, at: datetime) -> None:
    """Brings what began to hold between two instants into the present columns; cards are locked before accounts, as buyers do."""
    accounts = await _turned(session, organization_id, since, at)
    left = sorted({row["was"] for row in accounts if row["was"] != row["path"]})
    own = col(Sim.organization_id) == organization_id
    moved = select(col(SimPlacement.sim_id)).where(*_held(SimPlacement, organization_id, at), col(SimPlacement.valid_from) >= since)
    concerned = or_(col(Sim.id).in_(moved), among(col(Sim.path), "left"))
    locked = select(col(Sim.id)).where(own, concerned).order_by(col(Sim.id)).with_for_update(key_share=True)
    connection = await session.connection()
    await connection.execute(select(func.count()).select_from(locked.subquery()), {"left": left})
    if accounts:
        await connection.execute(_hanging(), [{name: row[name] for name in _HUNG} for row in accounts])
    cards = await _placed_elsewhere(session, organization_id, since, at)
    if cards:
        await _place(session, cards, organization_id, at)
    if left:
        path = select(col(Account.path)).where(col(Account.id) == col(Sim.account_id)).scalar_subquery()
        await connection.execute(update(_SIM).where(own, among(col(Sim.path), "left")).values(path=path), {"left": left})
    await _note_next(session, organization_id, at)


_SIM: Any = table_of(Sim)
_ACCOUNT: Any = table_of(Account)
_HUNG = ("account", "parent_id", "path", "depth", "kind", "former_paths")


def _hanging() -> Any:
    """Brings present columns of accounts to what is given for each."""
    values = {name: bindparam(name, type_=_ACCOUNT.c[name].type) for name in _HUNG[1:]}
    return update(_ACCOUNT).where(_ACCOUNT.c.id == bindparam("account")).values(values)


def _held(table: type[AccountEdge] | type[SimPlacement], organization_id: UUID, at: datetime) -> Sequence[Any]:
    """The dated rows of an organization that hold at an instant."""
    ends = col(table.valid_to)
    return (col(table.organization_id) == organization_id, col(table.valid_from) <= at, or_(ends.is_(None), ends > at))


async def _turned(session: Session, organization_id: UUID, since: datetime, at: datetime) -> list[dict[str, Any]]:
    """The accounts whose place changed meanwhile, as they hang now; every place in between is one they had."""
    columns: Sequence[Any] = (
        AccountEdge.account_id, AccountEdge.parent_id, AccountEdge.path, AccountEdge.depth, Account.path.label("was"),  # type: ignore[attr-defined]
        Account.former_paths,
    )  # fmt: skip
    begun = (col(AccountEdge.organization_id) == organization_id, col(AccountEdge.valid_from) >= since, col(AccountEdge.valid_from) <= at)
    statement: Any = select(*columns).join(Account, col(Account.id) == col(AccountEdge.account_id)).where(*begun)
    found: dict[UUID, dict[str, Any]] = {}
    for id, parent_id, path, depth, was, former in await session.execute(statement.order_by(col(AccountEdge.valid_from))):
        places = [*(found[id]["places"] if id in found else [*former, was]), path]
        found[id] = {
            "account": id, "parent_id": parent_id, "path": path, "depth": depth, "kind": kind_at(depth), "was": was, "places": places,
            "former_paths": [place for place in dict.fromkeys(places) if place != path],
        }  # fmt: skip
    return [found[id] for id in sorted(found)]


async def _placed_elsewhere(session: Session, organization_id: UUID, since: datetime, at: datetime) -> Sequence[Any]:
    """Cards that by now stand under another account than their columns say: id, account before, account now, status."""
    columns: Sequence[Any] = (Sim.id, Sim.account_id, SimPlacement.account_id, Sim.status)
    statement: Any = select(*columns).join(Sim, col(Sim.id) == col(SimPlacement.sim_id))
    begun = (*_held(SimPlacement, organization_id, at), col(SimPlacement.valid_from) >= since)
    return (await session.execute(statement.where(*begun, col(Sim.account_id) != col(SimPlacement.account_id)))).all()


async def _place(session: Session, cards: Sequence[Any], organization_id: UUID, at: datetime) -> None:
    """Puts cards where they stand now, and the counters with them."""
    here = (*_held(SimPlacement, organization_id, at), col(SimPlacement.sim_id) == col(Sim.id))
    account_id = select(col(SimPlacement.account_id)).where(*here).scalar_subquery()
    path = select(col(Account.path)).join(SimPlacement, col(SimPlacement.account_id) == col(Account.id)).where(*here).scalar_subquery()
    placed = update(_SIM).where(among(col(Sim.id), "ids")).values(account_id=account_id, path=path)
    await (await session.connection()).execute(placed, {"ids": [row[0] for row in cards]})
    moved = Counter(((before, status), (now, status)) for _, before, now, status in cards)
    await counters.shift(session, organization_id, moved)


async def _note_next(session: Session, organization_id: UUID, at: datetime) -> None:
    """Notes the earliest instant after this from which something stands elsewhere."""
    firsts = (
        select(func.min(col(table.valid_from)).label("begins")).where(
            col(table.organization_id) == organization_id, col(table.valid_from) > at
        )
        for table in (AccountEdge, SimPlacement)
    )
    begins = union_all(*firsts).subquery("firsts")
    earliest = select(func.min(begins.c.begins)).scalar_subquery()
    await session.execute(update(Organization).where(col(Organization.id) == organization_id).values(next_move_at=earliest))
