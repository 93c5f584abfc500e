"""Making organizations and accounts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from domain.accounts import tree
from domain.accounts.edges import edges_of, planned_stays
from domain.accounts.tables import Account, AccountEdge, CostCentre, NumberSeries, Organization, PaymentMode, kind_at
from domain.kernel.errors import NotFound
from domain.kernel.ids import uuid7
from domain.kernel.text import fold
from store.session import Session
from store.upsert import insert_all, insert_or_ignore


async def make_organization(
    session: Session,
    *,
    id: UUID,
    name: str,
    legal_id: str,
    economic_code: str | None = None,
    contacts: list[dict[str, Any]] | None = None,
    locale: str = "FA",
    at: datetime,
) -> Organization:
    """Registers a legal entity; its accounts come separately, the corporate general account first."""
    made = Organization(
        id=id, name=name, name_fold=fold(name), legal_id=legal_id, economic_code=economic_code, contacts=contacts or [], locale=locale,
        created_at=at,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def make_account(
    session: Session,
    organization_id: UUID,
    *,
    id: UUID,
    number: str,
    name: str,
    parent_id: UUID | None,
    payment_mode: PaymentMode,
    at: datetime,
) -> Account:
    """Hangs a new account from `at` on under its parent, wherever that is planned to go, or at the top as the corporate general account."""
    taken = await session.execute(
        update(Organization)
        .where(col(Organization.id) == organization_id)
        .values(last_seq=col(Organization.last_seq) + 1)
        .returning(col(Organization.last_seq))
    )
    segment = tree.segment(taken.scalar_one())
    parent = await _parent(session, organization_id, parent_id) if parent_id is not None else None
    place = tree.Place(id, (parent.path if parent else "") + segment, parent.depth + 1 if parent else 0)
    account = Account(
        id=id, organization_id=organization_id, number=number, name=name, name_fold=fold(name), kind=kind_at(place.depth),
        payment_mode=payment_mode, parent_id=parent_id, path=place.path, depth=place.depth, created_at=at,
    )  # fmt: skip
    planned = (await planned_stays(session, organization_id, at=at)).get(parent_id, []) if parent_id else []
    session.add(account)
    await session.flush()
    await insert_all(session, AccountEdge, edges_of(organization_id, place, parent_id, planned, at=at, new_id=uuid7))
    return account


async def _parent(session: Session, organization_id: UUID, parent_id: UUID) -> Account:
    parent = await session.get(Account, parent_id)
    if parent is None or parent.organization_id != organization_id:
        raise NotFound(field=("parentId",))
    return parent


async def next_number(session: Session, organization_id: UUID, series: str) -> int:
    """The next human reference of a series in an organization, from 1; concurrent writers wait for each other."""
    await insert_or_ignore(session, NumberSeries, [{"organization_id": organization_id, "series": series, "last": 0}])
    here = (col(NumberSeries.organization_id) == organization_id, col(NumberSeries.series) == series)
    taken = await session.execute(
        update(NumberSeries).where(*here).values(last=col(NumberSeries.last) + 1).returning(col(NumberSeries.last))
    )
    return int(taken.scalar_one())


async def account_for_write(session: Session, account_id: UUID) -> Account | None:
    """The account's row as it is now, whoever's it is; the caller checks its scope."""
    return (await session.scalars(select(Account).where(Account.id == account_id))).one_or_none()


async def cost_centres_named(session: Session, organization_id: UUID, codes: Iterable[str]) -> dict[str, CostCentre]:
    """The organization's cost centres with these codes; one that is new is made and named by its code."""
    wanted = sorted(codes)
    made = [{"id": uuid7(), "organization_id": organization_id, "code": code, "name": code} for code in wanted]
    await insert_or_ignore(session, CostCentre, made)
    here = (col(CostCentre.organization_id) == organization_id, col(CostCentre.code).in_(wanted))
    return {centre.code: centre for centre in await session.scalars(select(CostCentre).where(*here))} if wanted else {}
