"""What happens after a change of state is committed: the network is told, its refusal is put right, and suspensions end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from domain.audit.writing import Command, Result, Service, Work, carry_out
from domain.kernel.clock import Clock
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import system_scope
from domain.sims import rules
from domain.sims.ports import Network, NetworkRefused, NetworkSilent
from domain.sims.rules import Standing
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason
from domain.sims.tables import Sim
from domain.sims.transitions import RESUME, SET_STATE, carry_through, command_id, decided, sims_for_update, standing
from store.outbox import Handler, Later, Task
from store.session import Database

ASK_AGAIN = timedelta(seconds=30)
"""A silent network is asked again after this long, for as long as it takes: only an explicit refusal is final."""
LOG = structlog.get_logger("sims")


def handlers(database: Database, network: Network, clock: Clock) -> dict[str, Handler]:
    """The outbox's handlers of this area by kind; each may run more than once for the same row."""

    async def set_state(task: Task) -> None:
        sim_id, change_id = UUID(task.payload["sim_id"]), UUID(task.payload["change_id"])
        status, barring = SimStatus(task.payload["status"]), Barring(task.payload["barring"])
        try:
            await network.set_state(command_id(change_id, sim_id), task.payload["iccid"], status, barring)
        except NetworkRefused as refusal:
            await revert(sim_id, change_id, task.payload["was"], refusal.reason)
        except (NetworkSilent, TimeoutError, OSError) as silence:
            LOG.warning("network_silent", sim=str(sim_id), error=type(silence).__name__)
            raise Later(clock.now() + ASK_AGAIN) from silence

    async def revert(sim_id: UUID, change_id: UUID, was: Mapping[str, Any], why: str) -> None:
        """The card goes back to where it was; the network is there already, so it is told nothing."""

        async def service(work: Work) -> Result:
            card = await _still_so(work, sim_id, change_id)
            if card is not None:
                work.reason = why
                await carry_through(work, [decided(work, card, _before(card, was, work.at))], tells_network=False)
            return {}

        await as_system("simStateRevert", service)

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

    return {SET_STATE: set_state, RESUME: resume}


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
