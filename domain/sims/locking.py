"""Tying a card to one device, or freeing it."""

from uuid import UUID

from domain.audit.writing import Result, Work
from domain.kernel.errors import NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.plan import MutationMode
from domain.kernel.proof import Proof
from domain.sims import rules
from domain.sims.tables import Sim
from domain.sims.transitions import carry_through, decided, label, sims_for_update, standing

LOCK_DEVICE = "sims.lock_device"


async def lock_device(work: Work, proof: Proof, sim_id: UUID, imei: str | None) -> Result:
    """Ties a card to a device (15 digits), null frees it; returns `sim`.

    Acting takes a proof of the last five minutes. Raises `NotFound`, `StepUpRequired`, `StateConflict` for a card that is gone or tied so.
    """
    card = (await sims_for_update(work.sql, work.scope, [sim_id])).get(sim_id)
    if card is None:
        raise NotFound(field=("simId",))
    work.within(card.organization_id, card.path, card.id)
    if work.mode is MutationMode.APPLY:
        proof.require(work.at)
    if card.locked_imei == imei:
        raise StateConflict("sims.locked_already" if imei else "sims.not_locked", field=("imei",))
    was = card.locked_imei
    await bind(work, card, imei)
    await tell_network(work, card, was=was)
    return {"sim": card.id}


async def tell_network(work: Work, card: Sim, *, was: str | None) -> None:
    """Sends the card's lock to the network after commit; if that refuses, the card goes back to `was`."""
    change_id = uuid7()
    payload = {"sim_id": card.id.hex, "change_id": change_id.hex, "iccid": card.iccid, "imei": card.locked_imei, "was": was}
    await work.afterwards(LOCK_DEVICE, payload, subject=f"sim:{card.id}", key=f"{LOCK_DEVICE}:{change_id}")


async def bind(work: Work, card: Sim, imei: str | None) -> None:
    """Writes the lock down and what follows for the card's state; the network, which sees to it itself, is told by the caller."""
    work.changed(Ref(Kind.SIM, card.id), label(card), "lockedImei", card.locked_imei, imei)
    now = standing(card)
    after = rules.bound(now, card.imei, imei)
    card.locked_imei = imei
    if after != now:
        await carry_through(work, [decided(work, card, after)], tells_network=False)
