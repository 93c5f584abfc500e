"""The lines of the demo world as its history sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from domain.accounts.tables import PaymentMode
from domain.catalogue.tables import Offering
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from store.session import Session


@dataclass(frozen=True, slots=True)
class Line:
    """A card with what its past depends on; `plan_fee` in rials a month, none before the activation."""

    id: UUID
    organization_id: UUID
    account_id: UUID
    path: str
    msisdn: str | None
    iccid: str
    status: SimStatus
    payment_mode: PaymentMode
    activated_at: datetime | None
    status_since: datetime
    plan_fee: int

    @property
    def label(self) -> str:
        """What people call it."""
        return self.msisdn or self.iccid

    def used_until(self, at: datetime) -> datetime:
        """Until when there can be usage: now, or when it was barred."""
        return at if self.status in (SimStatus.ACTIVE, SimStatus.CAP_EXCEEDED) else self.status_since


async def lines_of(session: Session, organization_id: UUID) -> list[Line]:
    """The cards of an organization in the order in which they were made."""
    columns: Sequence[Any] = (
        Sim.id, Sim.organization_id, Sim.account_id, Sim.path, Sim.msisdn, Sim.iccid, Sim.status, Sim.payment_mode, Sim.activated_at,
        Sim.status_since, Offering.net_price,
    )  # fmt: skip
    statement = select(*columns).outerjoin(Offering, col(Offering.id) == col(Sim.plan_id))
    rows = await session.execute(statement.where(col(Sim.organization_id) == organization_id).order_by(col(Sim.iccid)))
    return [_line(*row) for row in rows]


def _line(
    id: UUID, organization_id: UUID, account_id: UUID, path: str, msisdn: str | None, iccid: str, status: str, payment_mode: str,
    activated_at: datetime | None, status_since: datetime, fee: int | None,
) -> Line:  # fmt: skip
    return Line(
        id, organization_id, account_id, path, msisdn, iccid, SimStatus(status), PaymentMode(payment_mode), activated_at, status_since,
        fee if fee and activated_at else 0,
    )  # fmt: skip
