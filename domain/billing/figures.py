"""Keeps two of a postpaid card's figures: what it owes on unpaid bills, and what it ran up since."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, update
from sqlmodel import col, select

from domain.accounts.tables import PaymentMode
from domain.billing.states import ISSUED
from domain.billing.tables import Bill, BillLine, RunningCharge
from domain.catalogue.queries import vat_rates
from domain.catalogue.rules import rate_at
from domain.kernel.money import Money, taxed
from domain.kernel.quantity import FigureSource
from domain.sims.tables import Sim
from store.models import table_of
from store.session import Database, Session
from store.statements import among

CARDS = 1_000
_SIM: Any = table_of(Sim)


async def refresh_all(database: Database, organization_id: UUID, sim_ids: Collection[UUID] | None, *, at: datetime) -> None:
    """Brings the figures of cards, or of all postpaid ones of the organization, up to an instant, a thousand cards a transaction."""
    wanted = await _postpaid(database, organization_id) if sim_ids is None else sorted(sim_ids)
    for start in range(0, len(wanted), CARDS):
        async with database.write() as session:
            await refresh(session, organization_id, wanted[start : start + CARDS], at=at)


async def refresh(session: Session, organization_id: UUID, sim_ids: Sequence[UUID], *, at: datetime) -> None:
    """Brings the figures of cards up to an instant; those of prepaid ones are the network's."""
    charges, debts = await _open_charges(session, organization_id, sim_ids), await _debts(session, organization_id, sim_ids)
    here = (_SIM.c.id == bindparam("card"), _SIM.c.payment_mode == PaymentMode.POSTPAID)
    values = {"current_charge": bindparam("charge"), "debt": bindparam("owed"), "figures_at": at, "figures_source": FigureSource.BILLING}
    rows = [{"card": id, "charge": charges[id], "owed": debts[id]} for id in sorted(sim_ids)]
    if rows:
        await (await session.connection()).execute(update(_SIM).where(*here).values(values), rows)


async def _open_charges(session: Session, organization_id: UUID, sim_ids: Sequence[UUID]) -> defaultdict[UUID, int]:
    """What cards ran up that is on no bill yet, with tax."""
    charge = RunningCharge
    open_net = col(charge.net) - col(charge.billed_net)
    statement = select(charge.sim_id, charge.starts_at, open_net).where(
        col(charge.organization_id) == organization_id, among(col(charge.sim_id), "ids"), open_net != 0
    )
    rates, found = await vat_rates(session), defaultdict[UUID, int](int)
    for sim_id, starts_at, net in await session.execute(statement, {"ids": list(sim_ids)}):
        found[sim_id] += taxed(Money(net), rate_at(rates, starts_at)).gross.minor
    return found


async def _debts(session: Session, organization_id: UUID, sim_ids: Sequence[UUID]) -> defaultdict[UUID, int]:
    """What stands of cards on bills that aren't wholly paid; purchases are the account's."""
    line = BillLine
    statement = (
        select(line.sim_id, func.sum(col(line.net) + col(line.vat)))
        .join(Bill, col(Bill.id) == col(line.bill_id))
        .where(
            col(line.organization_id) == organization_id, among(col(line.sim_id), "ids"), col(line.transfer_id).is_(None),
            col(Bill.amount_due) > 0, col(Bill.state).in_(sorted(ISSUED)),
        )
        .group_by(col(line.sim_id))
    )  # fmt: skip
    found = defaultdict[UUID, int](int)
    for sim_id, owed in await session.execute(statement, {"ids": list(sim_ids)}):
        if sim_id is not None:
            found[sim_id] = int(owed)
    return found


async def _postpaid(database: Database, organization_id: UUID) -> list[UUID]:
    mine = (col(Sim.organization_id) == organization_id, col(Sim.payment_mode) == PaymentMode.POSTPAID)
    async with database.read() as session:
        return list(await session.scalars(select(Sim.id).where(*mine).order_by(col(Sim.id))))
