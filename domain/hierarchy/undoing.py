"""Undoing moves and new names by their opposites, as far as nothing has changed since."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, AccountEdge
from domain.audit.writing import Work
from domain.hierarchy import queries, service
from domain.hierarchy.present import hold
from domain.jobs.deeds import Target
from domain.kernel.errors import NotEligible, StateConflict
from domain.kernel.ids import Kind
from domain.kernel.plan import Change
from domain.kernel.proof import Proof
from domain.sims.tables import SimPlacement


async def undo_name(work: Work, _proof: Proof, changes: Sequence[Change]) -> None:
    """Gives an account its former name."""
    (change,) = changes
    await _hold(work)
    account = await work.sql.get(Account, _subject(change, Kind.ACCOUNT), populate_existing=True)
    if account is None or account.name != change.after:
        raise StateConflict("audit.changed_since", label=change.label)
    await service.account_update(work, account.id, name=change.before)


async def undo_account_move(work: Work, _proof: Proof, changes: Sequence[Change]) -> None:
    """Hangs an account where it hung before: from now on, or as if its move had never been planned."""
    change = _only_move(changes, "parent")
    id = _subject(change, Kind.ACCOUNT)
    await _hold(work)
    edges = await work.sql.scalars(select(AccountEdge).where(col(AccountEdge.account_id) == id).order_by(col(AccountEdge.valid_from)))
    stays = [(parent_id, next(each).valid_from) for parent_id, each in groupby(edges, attrgetter("parent_id"))]
    before, begins = await _before(work, stays, change)
    await service.account_move(work, id, before, effective_at=begins if begins > work.at else None)


async def undo_sim_move(work: Work, _proof: Proof, changes: Sequence[Change]) -> None:
    """Stands cards where they stood before: from now on, or as if their move had never been planned."""
    moved = {_subject(change, Kind.SIM): change for change in changes if change.field != "effectiveAt"}
    if any(change.field != "account" for change in moved.values()):
        raise NotEligible("audit.irreversible")
    await _hold(work)
    placements = select(SimPlacement).where(col(SimPlacement.sim_id).in_(moved)).order_by(col(SimPlacement.valid_from))
    back: dict[tuple[UUID, datetime | None], list[Target]] = {}
    stood: dict[UUID, list[tuple[Any, datetime]]] = {id: [] for id in moved}
    for stay in await work.sql.scalars(placements):
        stood[stay.sim_id].append((stay.account_id, stay.valid_from))
    for index, (id, change) in enumerate(moved.items(), 1):
        before, begins = await _before(work, stood[id], change)
        back.setdefault((before, begins if begins > work.at else None), []).append(Target(index, change.label, id))
    for (account_id, when), targets in back.items():
        decision = await service.MOVE.decide(work, service.move_request(account_id, when), targets)
        if decision.left_out:
            raise StateConflict("audit.changed_since", label=next(iter(decision.left_out.values())).label)
        await service.MOVE.act(work, decision.acts)


async def _hold(work: Work) -> None:
    """Nobody moves or renames anything from here on: what is compared with the entry is what will be changed."""
    assert work.organization_id is not None  # noqa: S101 (an undoing says its entry's organization first)
    await hold(work.sql, work.organization_id, at=work.at)


async def _before(work: Work, stays: Sequence[tuple[UUID | None, datetime]], change: Change) -> tuple[UUID, datetime]:
    """The account above before the last move, and when that begins to hold; raises unless it is the move that the change tells of."""
    if len(stays) < 2:
        raise NotEligible("audit.irreversible")
    (before, _), (now, begins) = stays[-2:]
    names = await queries.labels(work.sql, [before, now])
    if before is None or (names.get(before), names.get(now)) != (change.before, change.after):
        raise StateConflict("audit.changed_since", label=change.label)
    return before, begins


def _only_move(changes: Sequence[Change], field: str) -> Change:
    """The one change of place of an entry; what was planned for later and given up with it isn't planned again."""
    moves = [change for change in changes if change.field != "effectiveAt"]
    if len(moves) != 1 or moves[0].field != field:
        raise NotEligible("audit.irreversible")
    return moves[0]


def _subject(change: Change, kind: Kind) -> UUID:
    if change.subject is None or change.subject.kind is not kind:
        raise NotEligible("audit.irreversible")
    return change.subject.id
