"""Deciding about cards one by one, in the order asked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.audit.writing import Work
from domain.jobs.deeds import Decision, Target
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import Kind, Ref
from domain.sims.tables import Sim
from domain.sims.transitions import label, sims_for_update


async def cards_of(work: Work, targets: Sequence[Target]) -> dict[UUID, Sim]:
    """The rows' cards within the scope, by id; locked where something will be written."""
    ids = [target.subject_id for target in targets if target.subject_id]
    return await sims_for_update(work.sql, work.scope, ids, locks=not work.is_looking)


def decide_each(work: Work, targets: Sequence[Target], cards: Mapping[UUID, Sim], decide: Callable[[Sim], Any]) -> Decision:
    """What there is to do for each card, and the rows whose card isn't in sight or whose `decide` raises."""
    decision = Decision()
    for target in targets:
        card = cards.get(target.subject_id) if target.subject_id else None
        if card is None:
            decision.leave_out(target, NotFound(field=("sims", "ids")))
            continue
        work.within(card.organization_id, card.path, card.id)
        try:
            decision.acts.append(decide(card))
        except DomainError as error:
            decision.leave_out(target, error, subject=Ref(Kind.SIM, card.id), label=label(card))
    return decision
