"""Takes new SIM cards in by the thousand: cards, placements, states, secrets, counters."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import col

from domain.accounts.tables import PaymentMode
from domain.kernel.quantity import FigureSource
from domain.kernel.sealing import Sealer
from domain.kernel.text import fold
from domain.sims.puk import Codes, sealed_secret
from domain.sims.states import BarredBy, Barring, SimStatus, SimStatusReason
from domain.sims.tables import Sim, SimCounter, SimPlacement, SimSecret, SimState
from domain.sims.transitions import wake
from store import outbox
from store.models import table_of
from store.session import Session
from store.upsert import insert_all, insert_or_ignore


@dataclass(frozen=True, slots=True)
class NewSim:
    """A card as it is taken in; money in rials, `path` the place of its account."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    path: str
    iccid: str
    imsi: str
    status: SimStatus
    status_since: datetime
    payment_mode: PaymentMode
    msisdn: str | None = None
    imei: str | None = None
    locked_imei: str | None = None
    status_reason: SimStatusReason | None = None
    resumes_at: datetime | None = None
    barring: Barring = Barring.NONE
    barred_by: BarredBy | None = None
    activated_at: datetime | None = None
    valid_until: datetime | None = None
    holder_name: str | None = None
    employee_number: str | None = None
    cost_centre_id: UUID | None = None
    cost_centre_code: str | None = None
    cost_centre_name: str | None = None
    tags: tuple[str, ...] = ()
    plan_id: UUID | None = None
    balance: int | None = None
    credit_limit: int | None = None
    debt: int | None = None
    current_charge: int | None = None
    codes: Codes | None = None


async def take_in(session: Session, sims: Sequence[NewSim], sealer: Sealer, *, at: datetime, new_id: Callable[[], UUID]) -> None:
    """Adds cards in a handful of statements, and sees to the end of their suspensions; the counters are `count_in`'s."""
    change_id = new_id()
    await insert_all(session, Sim, [_card(sim, change_id, at) for sim in sims])
    await insert_all(session, SimPlacement, [_placement(sim, at, new_id()) for sim in sims])
    await insert_all(session, SimState, [state for sim in sims for state in _states(sim, at, new_id)])
    secrets = [sealed_secret(sealer, sim.organization_id, sim.id, sim.codes) for sim in sims if sim.codes]
    await insert_all(session, SimSecret, secrets)
    await outbox.send_all(session, [wake(sim.id, change_id, sim.resumes_at) for sim in sims if sim.resumes_at is not None])


async def count_in(session: Session, counted: Mapping[tuple[UUID, UUID, SimStatus], int]) -> None:
    """Adds to the counters: (organization, account, status) → how many; in one order, so that two imports never wait in a ring."""
    if not counted:
        return
    places = sorted(counted)
    rows = [
        {"organization_id": organization, "account_id": account, "status": status, "count": 0} for organization, account, status in places
    ]
    await insert_or_ignore(session, SimCounter, rows)
    here = (
        col(SimCounter.organization_id) == bindparam("organization"),
        col(SimCounter.account_id) == bindparam("account"),
        col(SimCounter.status) == bindparam("state"),
    )
    connection = await session.connection()
    await connection.execute(
        update(table_of(SimCounter)).where(*here).values(count=col(SimCounter.count) + bindparam("number")),
        [{"organization": place[0], "account": place[1], "state": place[2], "number": counted[place]} for place in places],
    )


def counted(sims: Sequence[NewSim]) -> Counter[tuple[UUID, UUID, SimStatus]]:
    """Cards by organization, account and status."""
    return Counter((sim.organization_id, sim.account_id, sim.status) for sim in sims)


def search_text(msisdn: str | None, iccid: str, *words: str | None) -> str:
    """What a card is found by: its number in both spellings, its serial, holder and cost centre, folded and kept apart."""
    national = f"0{msisdn[3:]}" if msisdn and msisdn.startswith("+98") else None
    return "|".join(fold(word) for word in (msisdn, national, iccid, *words) if word)


def _card(sim: NewSim, change_id: UUID, at: datetime) -> dict[str, Any]:
    return {
        "id": sim.id, "organization_id": sim.organization_id, "account_id": sim.account_id, "path": sim.path, "msisdn": sim.msisdn,
        "iccid": sim.iccid, "imsi": sim.imsi, "imei": sim.imei, "locked_imei": sim.locked_imei, "status": sim.status,
        "status_reason": sim.status_reason, "status_since": sim.status_since, "resumes_at": sim.resumes_at, "barring": sim.barring,
        "barred_by": sim.barred_by, "change_id": change_id, "payment_mode": sim.payment_mode, "activated_at": sim.activated_at,
        "valid_until": sim.valid_until,
        "holder_name": sim.holder_name, "holder_fold": fold(sim.holder_name or ""), "employee_number": sim.employee_number,
        "cost_centre_id": sim.cost_centre_id, "tags": "".join(f"|{tag}" for tag in sim.tags) + "|", "plan_id": sim.plan_id,
        "balance": sim.balance, "credit_limit": sim.credit_limit, "debt": sim.debt, "current_charge": sim.current_charge, "figures_at": at,
        "figures_source": FigureSource.CHARGING if sim.payment_mode is PaymentMode.PREPAID else FigureSource.BILLING,
        "search": search_text(sim.msisdn, sim.iccid, sim.holder_name, sim.cost_centre_code, sim.cost_centre_name),
    }  # fmt: skip


def _since(sim: NewSim, at: datetime) -> datetime:
    """A card stands where it is since its activation; nothing is known about the time before."""
    return min(sim.activated_at or at, at)


def _placement(sim: NewSim, at: datetime, id: UUID) -> dict[str, Any]:
    return {
        "id": id, "organization_id": sim.organization_id, "sim_id": sim.id, "account_id": sim.account_id, "valid_from": _since(sim, at)
    }  # fmt: skip


def _states(sim: NewSim, at: datetime, new_id: Callable[[], UUID]) -> Iterator[dict[str, Any]]:
    """The present state, and before it ACTIVE since the activation when the card turned later."""
    begun, turned = _since(sim, at), sim.status_since
    shared = {"organization_id": sim.organization_id, "sim_id": sim.id}
    if sim.status is not SimStatus.ACTIVE and begun < turned:
        yield shared | {"id": new_id(), "status": SimStatus.ACTIVE, "valid_from": begun, "valid_to": turned}
    yield shared | {"id": new_id(), "status": sim.status, "valid_from": turned, "valid_to": None}
