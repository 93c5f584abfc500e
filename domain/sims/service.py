"""Activating, blocking and unblocking SIM cards, up to 100 at once."""

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.audit.writing import Result, Work
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import Kind, Ref, encode
from domain.kernel.plan import BulkErrorPolicy
from domain.sims import rules
from domain.sims.rules import Bar, Standing
from domain.sims.transitions import carry_through, decided, label, sims_for_update, standing


async def activate(work: Work, ids: Sequence[UUID], *, policy: BulkErrorPolicy) -> Result:
    """Activates delivered cards; returns `sims`."""
    return await _change(work, ids, rules.activate, policy)


async def block(work: Work, ids: Sequence[UUID], bar: Bar, *, note: str | None, policy: BulkErrorPolicy) -> Result:
    """Bars cards: BLOCKED, or SUSPENDED when an end is given; returns `sims`. Raises `InvalidInput` for a bar not to be asked for."""
    by = rules.acting(is_operator=work.scope.actor.is_operator)
    rules.check_note(note)
    rules.check_bar(bar, by, at=work.at)
    work.reason = note
    return await _change(work, ids, lambda now: rules.block(now, bar, by), policy)


async def unblock(work: Work, ids: Sequence[UUID], *, note: str | None, policy: BulkErrorPolicy) -> Result:
    """Lifts bars that the company set; returns `sims`."""
    by = rules.acting(is_operator=work.scope.actor.is_operator)
    rules.check_note(note)
    work.reason = note
    return await _change(work, ids, lambda now: rules.unblock(now, by), policy)


async def _change(work: Work, ids: Sequence[UUID], decide: Callable[[Standing], Standing], policy: BulkErrorPolicy) -> Result:
    """Decides card by card, in the order asked, then acts on all of them together."""
    rules.check_selection(ids)
    wanted = list(dict.fromkeys(ids))
    cards = await sims_for_update(work.sql, work.scope, wanted)
    moves = []
    for id in wanted:
        card = cards.get(id)
        if card is None:
            work.left_out(None, encode(Kind.SIM, id), NotFound(field=("sims", "ids")))
            continue
        work.within(card.organization_id, card.path, card.id)
        try:
            moves.append(decided(work, card, decide(standing(card))))
        except DomainError as error:
            work.left_out(Ref(Kind.SIM, card.id), label(card), error)
    work.settle_exclusions(policy)
    await carry_through(work, moves)
    return {"sims": [move.card.id for move in moves]}
