"""What happens after a change of state is committed: the network is told, its refusal is put right, and suspensions end."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from domain.audit.writing import Command, Result, Service, Work, carry_out
from domain.kernel.clock import Clock
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.kernel.sealing import Sealer
from domain.sims import locking, replacing, rules
from domain.sims.locking import LOCK_DEVICE
from domain.sims.ports import Network, NetworkRefused, NetworkSilent
from domain.sims.replacing import REPLACE_CARD
from domain.sims.rules import Standing
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason
from domain.sims.tables import Sim
from domain.sims.transitions import RESUME, SET_STATE, carry_through, command_id, decided, sims_for_update, standing
from store.outbox import Handler, Later, Task
from store.session import Database

ASK_AGAIN = timedelta(seconds=30)
"""A silent network is asked again after this long, for as long as it takes: only an explicit refusal is final."""
LOG = structlog.get_logger("sims")


def handlers(database: Database, network: Network, clock: Clock, sealer: Sealer) -> dict[str, Handler]:
    """The outbox's handlers of this area by kind; each may run more than once for the same row."""

    async def set_state(task: Task) -> None:
        told, sim_id, change_id = task.payload, UUID(task.payload["sim_id"]), UUID(task.payload["change_id"])
        state = SimStatus(told["status"]), Barring(told["barring"])
        refusal = await answer(sim_id, network.set_state(command_id(change_id, sim_id), told["iccid"], *state))

        async def revert(work: Work) -> None:
            card = await _still_so(work, sim_id, change_id)
            if card is not None:
                await carry_through(work, [decided(work, card, _before(card, told["was"], work.at))], tells_network=False)

        await put_right("simStateRevert", refusal, revert)

    async def lock_device(task: Task) -> None:
        told, sim_id = task.payload, UUID(task.payload["sim_id"])
        async with database.read() as session:
            card = await session.get(Sim, sim_id)
        if card is None or card.iccid != told["iccid"]:
            return  # the line has left that card, and its lock was told of the one it is on
        refusal = await answer(sim_id, network.lock_device(UUID(told["change_id"]), told["iccid"], told["imei"]))

        async def revert(work: Work) -> None:
            card = (await _locked(work, sim_id)).get(sim_id)
            if card is not None and card.locked_imei == told["imei"]:
                await locking.bind(work, card, told["was"])

        await put_right("simImeiLockRevert", refusal, revert)

    async def replace_card(task: Task) -> None:
        told, sim_id, spare_id = task.payload, UUID(task.payload["sim_id"]), UUID(task.payload["spare_id"])
        state = SimStatus(told["status"]), Barring(told["barring"])
        command = network.replace_card(UUID(told["command_id"]), told["iccid"], told["was_iccid"], told["msisdn"], *state)
        refusal = await answer(sim_id, command)

        async def revert(work: Work) -> None:
            cards = await _locked(work, sim_id, spare_id)
            line, spare = cards.get(sim_id), cards.get(spare_id)
            if line is not None and spare is not None and (line.iccid, spare.iccid) == (told["iccid"], told["was_iccid"]):
                await replacing.put_back(work, sealer, line, spare, told, _before(line, told["was"], work.at))

        await put_right("simReplaceRevert", refusal, revert)

    async def answer(sim_id: UUID, command: Awaitable[None]) -> NetworkRefused | None:
        """The network's refusal, null when it did what it was told; a silent one is asked again later."""
        try:
            await command
        except NetworkRefused as refusal:
            return refusal
        except (NetworkSilent, TimeoutError, OSError) as silence:
            LOG.warning("network_silent", sim=str(sim_id), error=type(silence).__name__)
            raise Later(clock.now() + ASK_AGAIN) from silence
        return None

    async def put_right(action: str, refusal: NetworkRefused | None, revert: Callable[[Work], Awaitable[None]]) -> None:
        """After a refusal the card goes back to where it was; the network is there already, so it is told nothing."""

        async def service(work: Work) -> Result:
            work.reason = refusal.reason if refusal else None
            await revert(work)
            return {}

        if refusal is not None:
            await as_system(action, service)

    async def resume(task: Task) -> None:
        async def service(work: Work) -> Result:
            card = await _still_so(work, UUID(task.payload["sim_id"]), UUID(task.payload["change_id"]))
            if card is not None:
                await carry_through(work, [decided(work, card, rules.resume(standing(card)))])
            return {}

        await as_system("simResume", service)

    async def as_system(action: str, service: Service) -> None:
        at = clock.now()
        await carry_out(database, system_scope(Permission.SIM_BLOCK, at), Command(action, MutationMode.APPLY, ""), service, at=at)

    return {SET_STATE: set_state, RESUME: resume, LOCK_DEVICE: lock_device, REPLACE_CARD: replace_card}


async def _locked(work: Work, *ids: UUID) -> dict[UUID, Sim]:
    """Cards by id, locked, whose data is written."""
    cards = await sims_for_update(work.sql, work.scope, ids)
    for card in cards.values():
        work.within(card.organization_id, card.path, card.id)
    return cards


async def _still_so(work: Work, sim_id: UUID, change_id: UUID) -> Sim | None:
    """The card, locked, if this change is still the last one of its state."""
    card = (await sims_for_update(work.sql, work.scope, [sim_id])).get(sim_id)
    if card is None or card.change_id != change_id:
        return None
    work.within(card.organization_id, card.path, card.id)
    return card


def _before(card: Sim, was: Mapping[str, Any], at: datetime) -> Standing:
    """The state before a change, as its command wrote it down; a suspension whose end has passed stays until somebody lifts it."""
    resumes_at = datetime.fromisoformat(was["resumes_at"]) if was["resumes_at"] else None
    return Standing(
        SimStatus(was["status"]), SimStatusReason(was["reason"]) if was["reason"] else None, Barring(was["barring"]),
        BarredBy(was["barred_by"]) if was["barred_by"] else None, resumes_at if resumes_at and resumes_at > at else None,
        card.msisdn is not None,
    )  # fmt: skip
