"""Putting a line on another card: the plastic changes, the line with its number, holder and bundles stays what it is.

A line and a spare card are a row each. They exchange what belongs to the plastic (serial, subscriber identity, PUK codes), so that
everything that refers to the line goes on; the row of the spare keeps the card that was left, whose life is over.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import CostCentre
from domain.audit.writing import Result, Work
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.plan import MutationMode
from domain.kernel.proof import Proof
from domain.kernel.sealing import Sealer
from domain.sims import locking, puk, rules
from domain.sims.intake import search_text
from domain.sims.rules import Standing
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimSecret
from domain.sims.transitions import carry_through, decided, label, sims_for_update, standing, told_standing

REPLACE_CARD = "sims.replace_card"


async def replace(work: Work, sealer: Sealer, proof: Proof, sim_id: UUID, spare_id: UUID, reason: SimStatusReason) -> Result:
    """Puts a line on a spare card of its organization; returns `sim`, the line.

    Acting takes a proof of the last five minutes. Raises `NotFound`, `StepUpRequired`, `StateConflict` for a line not in use or a card
    that is no spare one, `InvalidInput` for another reason than LOST or REQUEST.
    """
    cards = await sims_for_update(work.sql, work.scope, [sim_id, spare_id])
    for id, field in ((sim_id, "simId"), (spare_id, "spareSimId")):
        if id not in cards:
            raise NotFound(field=(field,))
    line, spare = cards[sim_id], cards[spare_id]
    for card in (line, spare):
        work.within(card.organization_id, card.path, card.id)
    if work.mode is MutationMode.APPLY:
        proof.require(work.at)
    was = standing(line)
    after, left = rules.replaced(was, standing(spare), reason)
    device = line.imei
    await exchange(work, sealer, line, spare)
    if reason is SimStatusReason.LOST:
        line.imei = None  # it went with the card
    await stand(work, (line, after), (spare, left))
    command_id = uuid7()
    payload = {
        "command_id": command_id.hex, "sim_id": line.id.hex, "spare_id": spare.id.hex,
        "msisdn": line.msisdn, "iccid": line.iccid, "was_iccid": spare.iccid,
        "was": told_standing(was), "was_imei": device, "change_id": line.change_id.hex if line.change_id else None,
        "status": line.status, "barring": line.barring,
    }  # fmt: skip
    await work.afterwards(REPLACE_CARD, payload, subject=f"sim:{line.id}", key=f"{REPLACE_CARD}:{command_id}")
    await _lock_again(work, line)
    return {"sim": line.id}


async def put_back(work: Work, sealer: Sealer, line: Sim, spare: Sim, told: Mapping[str, Any], before: Standing) -> None:
    """Undoes a replacement that the network refused; the state of the line goes back too, unless it was changed since."""
    await exchange(work, sealer, line, spare)
    line.imei = told["was_imei"]
    is_last = told["change_id"] == (line.change_id.hex if line.change_id else None)
    unused = Standing(SimStatus.READY_TO_ACTIVATE, has_number=False)
    await stand(work, (line, before if is_last else standing(line)), (spare, unused))
    await _lock_again(work, line)


async def _lock_again(work: Work, line: Sim) -> None:
    """The network ties cards, not lines, to devices: a line's lock has to be told of each card it comes to."""
    if line.locked_imei is not None:
        await locking.tell_network(work, line, was=None)


async def stand(work: Work, *after: tuple[Sim, Standing]) -> None:
    """Puts the cards into their states; the network learns of the replacement as a whole."""
    moves = [decided(work, card, new) for card, new in after if new != standing(card)]
    await carry_through(work, moves, tells_network=False)


async def exchange(work: Work, sealer: Sealer, line: Sim, spare: Sim) -> None:
    """The two rows exchange what belongs to the plastic; a serial is unique at every moment, so the spare's waits outside meanwhile."""
    for card, other in ((line, spare), (spare, line)):
        for shown in ("iccid", "imsi"):
            work.changed(Ref(Kind.SIM, card.id), label(card), shown, getattr(card, shown), getattr(other, shown))
    (line_iccid, line_imsi), (spare_iccid, spare_imsi) = (line.iccid, line.imsi), (spare.iccid, spare.imsi)
    for card, iccid, imsi in (
        (spare, f"-{spare_iccid}", f"-{spare_imsi}"), (line, spare_iccid, spare_imsi), (spare, line_iccid, line_imsi),
    ):  # fmt: skip
        card.iccid, card.imsi = iccid, imsi
        await work.sql.flush()
    for card in (line, spare):
        centre = await work.sql.get(CostCentre, card.cost_centre_id) if card.cost_centre_id else None
        card.search = search_text(card.msisdn, card.iccid, card.holder_name, *((centre.code, centre.name) if centre else ()))
    await _exchange_codes(work, sealer, line, spare)


async def _exchange_codes(work: Work, sealer: Sealer, line: Sim, spare: Sim) -> None:
    """PUK codes go with their plastic; each is sealed anew for the row it comes to."""
    ids = (line.id, spare.id)
    secrets = {secret.sim_id: secret for secret in await work.sql.scalars(select(SimSecret).where(col(SimSecret.sim_id).in_(ids)))}
    codes = {id: puk.opened(sealer, secret) for id, secret in secrets.items()}
    for secret in secrets.values():
        await work.sql.delete(secret)
    await work.sql.flush()
    for source, target in (ids, ids[::-1]):
        if source in codes:
            work.sql.add(SimSecret(**puk.sealed_secret(sealer, line.organization_id, target, codes[source])))
