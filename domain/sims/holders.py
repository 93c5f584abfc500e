"""Who carries cards and where they are booked, written for many cards at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam, update
from sqlmodel import col, select

from domain.accounts.tables import CostCentre
from domain.kernel.scope import Scope
from domain.kernel.text import fold
from domain.sims.intake import search_text
from domain.sims.tables import Sim
from store.models import table_of
from store.session import Session


class Held(msgspec.Struct, frozen=True):
    """A card with its holder, cost centre and labels."""

    id: UUID
    organization_id: UUID
    path: str
    msisdn: str
    iccid: str
    holder_name: str | None
    employee_number: str | None
    cost_centre_id: UUID | None
    cost_centre_code: str | None
    cost_centre_name: str | None
    tags: tuple[str, ...]


async def held(session: Session, scope: Scope, numbers: Sequence[str]) -> dict[str, Held]:
    """Cards in scope by their numbers, locked."""
    columns: Any = (
        Sim.id, Sim.organization_id, Sim.path, Sim.msisdn, Sim.iccid, Sim.holder_name, Sim.employee_number, Sim.cost_centre_id,
        CostCentre.code, CostCentre.name, Sim.tags,
    )  # fmt: skip
    statement: Select[Any] = select(*columns).outerjoin(CostCentre, col(CostCentre.id) == col(Sim.cost_centre_id))
    found = scope.limit(statement.where(col(Sim.msisdn).in_(numbers)), col(Sim.organization_id), col(Sim.path))
    rows = await session.execute(found.with_for_update(of=Sim).order_by(col(Sim.id)))
    return {row[3]: Held(**(dict(zip(Held.__struct_fields__, row, strict=True)) | {"tags": _tags(row[10])})) for row in rows}


def _tags(stored: str) -> tuple[str, ...]:
    return tuple(tag for tag in stored.split("|") if tag)


async def write_holders(session: Session, cards: Sequence[Held]) -> None:
    """Writes holders, cost centres and labels, and by what cards are found."""
    if not cards:
        return
    names = ("holder_name", "holder_fold", "employee_number", "cost_centre_id", "tags", "search")
    written = update(table_of(Sim)).where(col(Sim.id) == bindparam("sim")).values({name: bindparam(f"new_{name}") for name in names})
    values = [
        {
            "sim": card.id, "new_holder_name": card.holder_name, "new_holder_fold": fold(card.holder_name or ""),
            "new_employee_number": card.employee_number, "new_cost_centre_id": card.cost_centre_id,
            "new_tags": "".join(f"|{tag}" for tag in card.tags) + "|",
            "new_search": search_text(card.msisdn, card.iccid, card.holder_name, card.cost_centre_code, card.cost_centre_name),
        }
        for card in cards
    ]  # fmt: skip
    await (await session.connection()).execute(written, values)
