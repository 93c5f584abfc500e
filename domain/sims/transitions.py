"""Puts SIM cards into a new state: card, history, counters and the command to the network, in a constant number of statements."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import update
from sqlmodel import col, select

from domain.audit.writing import Work
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.scope import Scope
from domain.sims import counters
from domain.sims.rules import Standing
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimState
from store.outbox import Letter
from store.session import Session
from store.statements import among

SET_STATE = "sims.set_state"
RESUME = "sims.resume"
SHOWN = (("status", "status"), ("statusReason", "reason"), ("barring", "barring"), ("resumesAt", "resumes_at"))
"""The contract's names of what a change shows."""


@dataclass(frozen=True, slots=True)
class Move:
    """A card, the state it was in and the state it is put into."""

    card: Sim
    was: Standing
    after: Standing


async def sims_for_update(session: Session, scope: Scope, ids: Sequence[UUID], *, locks: bool = True) -> dict[UUID, Sim]:
    """Cards in scope by id, locked in the order of their ids unless they are but looked at."""
    statement = scope.limit(select(Sim).where(among(col(Sim.id), "ids")), col(Sim.organization_id), col(Sim.path))
    ordered = statement.order_by(col(Sim.id)).execution_options(populate_existing=True)
    return {card.id: card for card in await session.scalars(ordered.with_for_update() if locks else ordered, {"ids": ids})}


def standing(card: Sim) -> Standing:
    """The state of a card as rules see it."""
    return Standing(
        SimStatus(card.status), SimStatusReason(card.status_reason) if card.status_reason else None, Barring(card.barring),
        BarredBy(card.barred_by) if card.barred_by else None, card.resumes_at, card.msisdn is not None,
    )  # fmt: skip


def told_standing(state: Standing) -> dict[str, Any]:
    """A state as a command keeps it, to go back to if the network refuses."""
    return {
        "status": state.status, "reason": state.reason, "barring": state.barring, "barred_by": state.barred_by,
        "resumes_at": state.resumes_at.isoformat() if state.resumes_at else None,
    }  # fmt: skip


def label(card: Sim) -> str:
    """What people call a card: its number, or its serial while it has none."""
    return card.msisdn or card.iccid


def command_id(change_id: UUID, sim_id: UUID) -> UUID:
    """The id under which the network knows one card's part of a change; the same whenever it is asked again."""
    return uuid5(change_id, sim_id.hex)


def decided(work: Work, card: Sim, after: Standing) -> Move:
    """Records a change as plan and audit show it, in the contract's names; nothing is changed yet."""
    was = standing(card)
    for shown, name in SHOWN:
        old, new = getattr(was, name), getattr(after, name)
        if old != new:
            work.changed(Ref(Kind.SIM, card.id), label(card), shown, old, new)
    return Move(card, was, after)


async def carry_through(work: Work, moves: Sequence[Move], *, tells_network: bool = True) -> None:
    """Puts the cards of one organization into their new states, tells the network after commit and wakes suspended ones when they end."""
    if not moves:
        return
    change_id, organization_id = uuid7(), moves[0].card.organization_id
    for move in moves:
        _stand(move, change_id, work.at)
    turned = [move for move in moves if move.after.status is not move.was.status]
    await _remember(work.sql, organization_id, turned, work.at)
    places = Counter(((move.card.account_id, move.was.status.value), (move.card.account_id, move.after.status.value)) for move in turned)
    await counters.shift(work.sql, organization_id, places)
    commands = [_command(move, change_id, work.at) for move in moves if tells_network]
    wakes = [wake(move.card.id, change_id, move.after.resumes_at) for move in moves if move.after.resumes_at is not None]
    await work.afterwards_each(commands + wakes)


def _stand(move: Move, change_id: UUID, at: datetime) -> None:
    """The card's own columns; its life begins with its first activation, and hasn't begun if the network refused that."""
    card, was, after = move.card, move.was, move.after
    if after.status is not was.status:
        card.status, card.status_since = after.status, at
    card.status_reason, card.barring, card.barred_by = after.reason, after.barring, after.barred_by
    card.resumes_at, card.change_id = after.resumes_at, change_id
    if SimStatus.READY_TO_ACTIVATE in (was.status, after.status):
        card.activated_at = at if after.status is SimStatus.ACTIVE else None


async def _remember(session: Session, organization_id: UUID, turned: Sequence[Move], at: datetime) -> None:
    """The history of states (D12): the open one ends where the next begins."""
    ids = [move.card.id for move in turned]
    still_open = (col(SimState.organization_id) == organization_id, col(SimState.sim_id).in_(ids), col(SimState.valid_to).is_(None))
    await session.execute(update(SimState).where(*still_open).values(valid_to=at).execution_options(synchronize_session=False))
    session.add_all(
        SimState(id=uuid7(), organization_id=organization_id, sim_id=move.card.id, status=move.after.status, valid_from=at)
        for move in turned
    )


def _command(move: Move, change_id: UUID, at: datetime) -> Letter:
    card, was = move.card, move.was
    payload = {
        "sim_id": card.id.hex, "change_id": change_id.hex, "iccid": card.iccid, "status": card.status, "barring": card.barring,
        "was": told_standing(was),
    }  # fmt: skip
    return Letter(SET_STATE, payload, f"sim:{card.id}", at, f"{SET_STATE}:{change_id}:{card.id}")


def wake(sim_id: UUID, change_id: UUID, at: datetime) -> Letter:
    """Ends a suspension; under a subject of its own, as what is due in a month must not hold up what the network has to know today."""
    payload = {"sim_id": sim_id.hex, "change_id": change_id.hex}
    return Letter(RESUME, payload, f"sim-resume:{change_id}:{sim_id}", at, f"{RESUME}:{change_id}:{sim_id}")
