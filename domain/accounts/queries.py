"""Reading organizations and account trees, now and as they stood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, func
from sqlmodel import col, select

from domain.accounts.tables import Account, AccountEdge, AccountKind, CostCentre, Organization, PaymentMode
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.kernel.text import search_key
from domain.reading import By, Limits, count, page, shaped, under
from store.session import Session
from store.statements import among


class OrganizationRow(msgspec.Struct, frozen=True):
    """A legal entity as it is shown."""

    id: UUID
    name: str
    legal_id: str
    economic_code: str | None
    contacts: list[dict[str, Any]]
    locale: str


class AccountRow(msgspec.Struct, frozen=True):
    """An account as it is shown, with its present place."""

    id: UUID
    organization_id: UUID
    number: str
    name: str
    kind: AccountKind
    payment_mode: PaymentMode
    path: str
    parent_id: UUID | None
    depth: int


class PlaceRow(msgspec.Struct, frozen=True):
    """Where an account hung at some instant."""

    parent_id: UUID | None
    depth: int


class CostCentreRow(msgspec.Struct, frozen=True):
    """A cost centre as it is shown."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts; null is any."""

    under_id: UUID | None = None
    kinds: Sequence[AccountKind] | None = None
    payment_mode: PaymentMode | None = None


ORGANIZATION = (
    Organization.id, Organization.name, Organization.legal_id, Organization.economic_code, Organization.contacts, Organization.locale,
)  # fmt: skip
ACCOUNT = (
    Account.id, Account.organization_id, Account.number, Account.name, Account.kind, Account.payment_mode, Account.path, Account.parent_id,
    Account.depth,
)  # fmt: skip


def _organization(row: Any) -> OrganizationRow:
    return OrganizationRow(*row[:6])


def _account(row: Any) -> AccountRow:
    return AccountRow(
        row[0], row[1], row[2], row[3], AccountKind(row[4]), PaymentMode(row[5]), row[6], row[7], row[8]
    )  # fmt: skip


def _columns(columns: Sequence[Any]) -> Select[Any]:
    return select(*columns)  # type: ignore[no-any-return]


async def organizations_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[OrganizationRow | None]:
    """Organizations in the order asked, null for those out of scope."""
    statement = scope.limit(_columns(ORGANIZATION).where(col(Organization.id).in_(ids)), col(Organization.id))
    found = {row[0]: _organization(row) for row in await session.execute(statement)}
    return [found.get(id) for id in ids]


def _organizations(scope: Scope, search: str | None) -> Select[Any]:
    statement = scope.limit(_columns(ORGANIZATION), col(Organization.id))
    if search:
        wanted = search_key(search)
        statement = statement.where(
            col(Organization.name_fold).contains(wanted, autoescape=True) | col(Organization.legal_id).contains(wanted, autoescape=True)
        )
    return statement


async def organizations_page(session: Session, scope: Scope, *, search: str | None, window: Window) -> Page[OrganizationRow]:
    """Organizations in scope by name; `search` is a part of a name or legal id."""
    order = [By(col(Organization.name_fold)), By(col(Organization.id))]
    return (await page(session, _organizations(scope, search), window, order, name="organizations")).map(_organization)


async def organizations_count(session: Session, scope: Scope, *, search: str | None) -> int:
    """How many organizations that is."""
    return await count(session, _organizations(scope, search))


@shaped
def _accounts_by_ids(scope: Limits) -> Select[Any]:
    return scope.limit(_columns(ACCOUNT).where(among(col(Account.id), "ids")), col(Account.organization_id), col(Account.path))


async def accounts_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[AccountRow | None]:
    """Accounts in the order asked, null for those out of scope."""
    found = {row[0]: _account(row) for row in await session.rows(_accounts_by_ids(scope), ids=ids)}
    return [found.get(id) for id in ids]


async def top_account(session: Session, scope: Scope, organization_id: UUID) -> AccountRow | None:
    """The top of the tree that the viewer sees: the corporate general account, or the first account of their subtree."""
    statement = _columns(ACCOUNT).where(col(Account.organization_id) == organization_id)
    statement = scope.limit(statement, col(Account.organization_id), col(Account.path)).order_by(col(Account.path)).limit(1)
    row = (await session.execute(statement)).first()
    return _account(row) if row else None


def _accounts(
    scope: Scope, organization_id: UUID, filter: AccountFilter, *, parent_id: UUID | None, search: str | None, as_of: datetime | None
) -> tuple[Select[Any], Any]:
    """The statement of a list of accounts, and the column that orders it as a tree."""
    statement = scope.limit(_columns(ACCOUNT), col(Account.organization_id), col(Account.path))
    statement = statement.where(col(Account.organization_id) == organization_id)
    path: Any = col(Account.path)
    parent: Any = col(Account.parent_id)
    if as_of is not None:
        edge = AccountEdge
        statement = statement.join(
            edge,
            and_(
                col(edge.organization_id) == col(Account.organization_id),
                col(edge.account_id) == col(Account.id),
                col(edge.valid_from) <= as_of,
                col(edge.valid_to).is_(None) | (col(edge.valid_to) > as_of),
            ),
        )
        path, parent = col(edge.path), col(edge.parent_id)
    if filter.under_id is not None:
        top = select(Account.path).where(Account.id == filter.under_id, Account.organization_id == organization_id).scalar_subquery()
        statement = statement.where(under(path, top))
    if parent_id is not None:
        statement = statement.where(parent == parent_id)
    if filter.kinds:
        statement = statement.where(col(Account.kind).in_(filter.kinds))
    if filter.payment_mode is not None:
        statement = statement.where(col(Account.payment_mode) == filter.payment_mode)
    if search:
        wanted = search_key(search)
        named = col(Account.name_fold).contains(wanted, autoescape=True) | func.lower(col(Account.number)).contains(wanted, autoescape=True)
        statement = statement.where(named)
    return statement, path


async def accounts_page(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    *,
    window: Window,
    filter: AccountFilter = AccountFilter(),
    parent_id: UUID | None = None,
    search: str | None = None,
    as_of: datetime | None = None,
) -> Page[AccountRow]:
    """Accounts in tree order, parents first, as they hang now or hung then; of one parent only when it is named."""
    statement, path = _accounts(scope, organization_id, filter, parent_id=parent_id, search=search, as_of=as_of)
    return (await page(session, statement, window, [By(path)], name="accounts")).map(_account)


async def accounts_count(
    session: Session,
    scope: Scope,
    organization_id: UUID,
    *,
    filter: AccountFilter = AccountFilter(),
    parent_id: UUID | None = None,
    search: str | None = None,
    as_of: datetime | None = None,
) -> int:
    """How many accounts that is."""
    return await count(session, _accounts(scope, organization_id, filter, parent_id=parent_id, search=search, as_of=as_of)[0])


async def places_at(session: Session, scope: Scope, keys: Sequence[tuple[UUID, datetime]]) -> list[PlaceRow | None]:
    """Where accounts hung at an instant, in the order asked; null where one didn't exist yet or is out of scope."""
    found: dict[tuple[UUID, datetime], PlaceRow] = {}
    for as_of in {at for _, at in keys}:
        edge = AccountEdge
        statement = (
            _columns((edge.account_id, edge.parent_id, edge.depth))
            .join(Account, and_(col(Account.organization_id) == col(edge.organization_id), col(Account.id) == col(edge.account_id)))
            .where(col(edge.account_id).in_([id for id, at in keys if at == as_of]))
            .where(col(edge.valid_from) <= as_of, col(edge.valid_to).is_(None) | (col(edge.valid_to) > as_of))
        )
        statement = scope.limit(statement, col(Account.organization_id), col(Account.path))
        found |= {(row[0], as_of): PlaceRow(row[1], row[2]) for row in await session.execute(statement)}
    return [found.get(key) for key in keys]


async def cost_centres_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[CostCentreRow | None]:
    """Cost centres in the order asked, null for those out of scope."""
    statement = _columns((CostCentre.id, CostCentre.code, CostCentre.name)).where(col(CostCentre.id).in_(ids))
    found = {row[0]: CostCentreRow(*row) for row in await session.execute(scope.limit(statement, col(CostCentre.organization_id)))}
    return [found.get(id) for id in ids]
