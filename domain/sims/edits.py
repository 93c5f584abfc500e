"""Changing who carries a card, where its costs go and how it is labelled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.service import cost_centres_named
from domain.accounts.tables import CostCentre
from domain.audit.writing import Work
from domain.jobs.deeds import Decision, Deed, Request, Target
from domain.jobs.states import JobKind
from domain.kernel.ids import Kind, Ref
from domain.kernel.text import fold
from domain.sims import labels, rules
from domain.sims.deciding import cards_of, decide_each
from domain.sims.intake import search_text
from domain.sims.labels import BETWEEN_TAGS, Edit, Keep, Labels
from domain.sims.tables import Sim
from domain.sims.transitions import label, standing

SHOWN = (("holder", "holder"), ("holder.employeeNumber", "employee_number"), ("costCentre", "cost_centre"), ("tags", "tags"))
"""The contract's names of what a change shows."""


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A card and what it is to be known by."""

    card: Sim
    after: Labels


def edit_request(edit: Edit) -> Request:
    """What `simUpdate` asks for, as a job keeps it: what stays as it is isn't named. Raises `InvalidInput` for what can't be meant."""
    checked = labels.check_edit(edit)
    given = {"holder": checked.holder, "cost_centre": checked.cost_centre, "add_tags": checked.add_tags, "remove_tags": checked.remove_tags}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value is not Keep.AS_IT_IS}


def _edit(request: Request) -> Edit:
    holder = request.get("holder", Keep.AS_IT_IS)
    return Edit(
        holder=(holder[0], holder[1]) if isinstance(holder, list) else holder,
        cost_centre=request.get("cost_centre", Keep.AS_IT_IS),
        add_tags=tuple(request["add_tags"]),
        remove_tags=tuple(request["remove_tags"]),
    )


async def _decide(work: Work, request: Request, targets: Sequence[Target]) -> Decision:
    """Changes labels card by card."""
    edit, cards = _edit(request), await cards_of(work, targets)
    centres = await centres_of(work, cards.values())

    def decide(card: Sim) -> Relabelled:
        rules.require_life(standing(card))
        now = known_by(card, centres)
        return relabelled(work, card, now, labels.edited(now, edit))

    return decide_each(work, targets, cards, decide)


async def centres_of(work: Work, cards: Iterable[Sim]) -> dict[UUID, CostCentre]:
    """The cost centres that these cards are booked on, by id."""
    ids = {card.cost_centre_id for card in cards if card.cost_centre_id is not None}
    if not ids:
        return {}
    return {centre.id: centre for centre in await work.sql.scalars(select(CostCentre).where(col(CostCentre.id).in_(ids)))}


def known_by(card: Sim, centres: Mapping[UUID, CostCentre]) -> Labels:
    """What a card is known by now."""
    centre = centres[card.cost_centre_id].code if card.cost_centre_id else None
    return Labels(card.holder_name or None, card.employee_number, centre, tuple(card.tags.split("|")[1:-1]))


def relabelled(work: Work, card: Sim, was: Labels, after: Labels) -> Relabelled:
    """Records a change as plan and audit show it, in the contract's names; nothing is changed yet."""
    for shown, name in SHOWN:
        old, new = told(was, name), told(after, name)
        if old != new:
            work.changed(Ref(Kind.SIM, card.id), label(card), shown, old, new)
    return Relabelled(card, after)


def told(labels: Labels, name: str) -> str | None:
    """One of the labels as a change tells it."""
    value: str | tuple[str, ...] | None = getattr(labels, name)
    return BETWEEN_TAGS.join(value) or None if isinstance(value, tuple) else value


async def put_on(work: Work, decided: Sequence[Relabelled]) -> None:
    """Puts the labels on cards of one organization; a cost centre that is new is made."""
    if not decided:
        return
    codes = {one.after.cost_centre for one in decided if one.after.cost_centre is not None}
    centres = await cost_centres_named(work.sql, decided[0].card.organization_id, codes)
    for card, after in ((one.card, one.after) for one in decided):
        centre = centres[after.cost_centre] if after.cost_centre is not None else None
        card.holder_name, card.holder_fold, card.employee_number = after.holder, fold(after.holder or ""), after.employee_number
        card.cost_centre_id = centre.id if centre else None
        card.tags = "".join(f"|{tag}" for tag in after.tags) + "|"
        words = (centre.code, centre.name) if centre else ()
        card.search = search_text(card.msisdn, card.iccid, after.holder, *words)


UPDATE = Deed("simUpdate", JobKind.SIM_CHANGE, Kind.SIM, "sims", _decide, put_on)
