"""Undoing changes of SIM cards by their opposites, as far as nothing has changed since."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.audit.writing import Work, as_text
from domain.kernel.errors import NotEligible, StateConflict
from domain.kernel.ids import Kind
from domain.kernel.plan import Change
from domain.kernel.proof import Proof
from domain.sims import edits, locking, rules, transitions
from domain.sims.labels import BETWEEN_TAGS, Labels
from domain.sims.rules import Bar, Standing
from domain.sims.states import Barring, SimStatus, SimStatusReason
from domain.sims.tables import Sim
from domain.sims.transitions import carry_through, decided, label, sims_for_update, standing

Values = Mapping[str, str | None]
"""Fields of a card by their names in the contract, as a change tells them."""


async def undo_state(work: Work, _proof: Proof, changes: Sequence[Change]) -> None:
    """Lifts the bar that was set, or sets the one that was lifted or replaced; by the rules that hold for the one who undoes."""
    before = await _as_left(work, changes, _state)
    by = rules.acting(is_operator=work.scope.actor.is_operator)
    moves = []
    for card, values in before:
        now, wanted = standing(card), _standing(values)
        if wanted.status is SimStatus.ACTIVE:
            after = rules.unblock(now, by)
        elif wanted.status in (SimStatus.BLOCKED, SimStatus.SUSPENDED) and wanted.reason is not None:
            bar = Bar(wanted.reason, wanted.barring, wanted.resumes_at)
            rules.check_bar(bar, by, at=work.at)
            after = rules.block(now, bar, by)
        else:
            raise NotEligible("audit.irreversible")
        if any(getattr(after, name) != getattr(wanted, name) for _, name in transitions.SHOWN):
            raise NotEligible("audit.irreversible")
        moves.append(decided(work, card, after))
    await carry_through(work, moves)


async def undo_labels(work: Work, _proof: Proof, changes: Sequence[Change]) -> None:
    """Puts back what the cards were known by."""
    ids = [change.subject.id for change in changes if change.subject]
    cards = await sims_for_update(work.sql, work.scope, ids)
    centres = await edits.centres_of(work, cards.values())
    now = {id: edits.known_by(card, centres) for id, card in cards.items()}
    before = await _as_left(work, changes, lambda card: {shown: edits.told(now[card.id], name) for shown, name in edits.SHOWN})
    await edits.put_on(work, [edits.relabelled(work, card, now[card.id], _labels(values)) for card, values in before])


async def undo_lock(work: Work, proof: Proof, changes: Sequence[Change]) -> None:
    """Ties the card to the device it was tied to, or frees it."""
    ((card, values),) = await _as_left(work, [change for change in changes if change.field == "lockedImei"], _lock)
    await locking.lock_device(work, proof, card.id, values["lockedImei"])


def _state(card: Sim) -> Values:
    now = standing(card)
    return {shown: as_text(getattr(now, name)) for shown, name in transitions.SHOWN}


def _lock(card: Sim) -> Values:
    return {"lockedImei": card.locked_imei}


async def _as_left(work: Work, changes: Sequence[Change], now: Callable[[Sim], Values]) -> list[tuple[Sim, Values]]:
    """The changed cards, locked, each with its values before; raises `StateConflict` for one that isn't as the changes left it."""
    by_card: dict[UUID, list[Change]] = {}
    for change in changes:
        if change.subject is None or change.subject.kind is not Kind.SIM:
            raise NotEligible("audit.irreversible")
        by_card.setdefault(change.subject.id, []).append(change)
    cards = await sims_for_update(work.sql, work.scope, list(by_card))
    found: list[tuple[Sim, Values]] = []
    for id, its in by_card.items():
        card = cards.get(id)
        values = dict(now(card)) if card else {}
        if card is None or any(values[change.field] != change.after for change in its):
            raise StateConflict("audit.changed_since", label=label(card) if card else its[0].label)
        work.within(card.organization_id, card.path, card.id)
        found.append((card, values | {change.field: change.before for change in its}))
    return found


def _standing(values: Values) -> Standing:
    """A state out of what changes tell of it."""
    reason, until = values["statusReason"], values["resumesAt"]
    return Standing(
        SimStatus(str(values["status"])), SimStatusReason(reason) if reason else None, Barring(str(values["barring"])),
        resumes_at=datetime.fromisoformat(until) if until else None,
    )  # fmt: skip


def _labels(values: Values) -> Labels:
    tags = values["tags"]
    return Labels(values["holder"], values["holder.employeeNumber"], values["costCentre"], tuple(tags.split(BETWEEN_TAGS)) if tags else ())
