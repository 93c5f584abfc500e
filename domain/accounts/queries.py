"""Reading organizations and account trees, now and as they stood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, bindparam, false, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.accounts.tables import Account, AccountEdge, AccountKind, CostCentre, Organization, PaymentMode
from domain.files.queries import DocumentRow
from domain.files.tables import File, Purpose
from domain.kernel.batches import grouped, in_order
from domain.kernel.paging import Page, Window
from domain.kernel.scope import Scope
from domain.kernel.text import search_key
from domain.reading import By, Limits, count, members, named_anyway, names_of, page, shaped, under
from store.fragments import holds
from store.session import Session
from store.statements import Bound, among
from store.types import UtcDateTime


class OrganizationRow(msgspec.Struct, frozen=True):
    """A legal entity as it is shown."""

    id: UUID
    name: str
    legal_id: str
    economic_code: str | None
    contacts: list[dict[str, Any]]
    locale: str


class AccountRow(msgspec.Struct, frozen=True):
    """An account as it is shown, with its present place and those it had before."""

    id: UUID
    organization_id: UUID
    number: str
    name: str
    kind: AccountKind
    payment_mode: PaymentMode
    path: str
    parent_id: UUID | None
    depth: int
    former_paths: list[str]


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
    is_overdue: bool | None = None


ORGANIZATION = (
    Organization.id, Organization.name, Organization.legal_id, Organization.economic_code, Organization.contacts, Organization.locale,
)  # fmt: skip
ACCOUNT = (
    Account.id, Account.organization_id, Account.number, Account.name, Account.kind, Account.payment_mode, Account.path, Account.parent_id,
    Account.depth, Account.former_paths,
)  # fmt: skip


def _organization(row: Any) -> OrganizationRow:
    return OrganizationRow(*row[:6])


KINDS, MODES = members(AccountKind), members(PaymentMode)
_IS_OVERDUE = func.coalesce(col(Account.overdue_from) <= bindparam("now", type_=UtcDateTime), false())
OVERDUE: Mapping[str, Any] = {"is_overdue": _IS_OVERDUE, "is_not_overdue": ~_IS_OVERDUE}
"""Whether a bill of an account is overdue `now`."""


def _account(row: Any) -> AccountRow:
    return AccountRow(row[0], row[1], row[2], row[3], KINDS[row[4]], MODES[row[5]], row[6], row[7], row[8], row[9])


def _columns(columns: Sequence[Any]) -> Select[Any]:
    return select(*columns)  # type: ignore[no-any-return]



async def is_organization(session: Session, organization_id: UUID) -> bool:
    """Whether there is one of this id, for whoever reaches all of them."""
    return bool(await session.rows(select(Organization.id).where(col(Organization.id) == organization_id)))

@shaped
def _organizations_by_ids(scope: Limits) -> Select[Any]:
    return scope.limit(_columns(ORGANIZATION).where(among(col(Organization.id), "ids")), col(Organization.id), of_group=named_anyway)


async def organizations_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[OrganizationRow | None]:
    """Organizations in the order asked, null for those out of scope."""
    return in_order(ids, map(_organization, await session.rows(_organizations_by_ids(scope), ids=ids)))


@shaped
def _papers(scope: Limits, given: str) -> Select[Any]:
    """They lie where the top of the tree does: who reaches but a subtree has none of them."""
    top = (col(Account.organization_id) == col(File.organization_id)) & col(Account.parent_id).is_(None)
    wanted = {"ids": col(File.id), "organization_ids": col(File.organization_id)}[given]
    statement = _columns((File.organization_id, File.id, File.name, File.media_type, File.created_at)).join(Account, top)
    statement = statement.where(col(File.purpose) == Purpose.PAPER, among(wanted, given))
    return scope.limit(statement, col(File.organization_id), col(Account.path)).order_by(col(File.created_at).desc(), col(File.id).desc())


async def papers(session: Session, scope: Scope, organization_ids: Sequence[UUID]) -> list[list[DocumentRow]]:
    """The papers of each organization, newest first, at most as many as `organization_update` takes."""
    rows = await session.rows(_papers(scope, "organization_ids"), organization_ids=list(organization_ids))
    return grouped(organization_ids, ((row[0], DocumentRow(*row[1:])) for row in rows))


async def papers_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[DocumentRow | None]:
    """Papers in the order asked, null for those out of scope."""
    return in_order(ids, (DocumentRow(*row[1:]) for row in await session.rows(_papers(scope, "ids"), ids=ids)))


@shaped
def _organizations(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    found = holds(col(Organization.name_fold), "search") | holds(col(Organization.legal_id), "search")
    overdue = select(Account.id).where(col(Account.organization_id) == col(Organization.id), OVERDUE["is_overdue"]).exists()
    conditions = {"search": found, "is_overdue": overdue, "is_not_overdue": ~overdue}
    statement = _columns(ORGANIZATION).where(*(conditions[name] for name in given))
    return scope.limit(statement, col(Organization.id), of_group=named_anyway)


def _found(scope: Scope, search: str | None, is_overdue: bool | None) -> Bound:
    values = {
        "search": search_key(search) if search else None, "is_overdue": is_overdue or None, "is_not_overdue": is_overdue is False or None,
    }  # fmt: skip
    return _organizations(scope, names_of(values))(now=scope.at, **values)


async def organizations_page(
    session: Session, scope: Scope, *, search: str | None, is_overdue: bool | None = None, window: Window
) -> Page[OrganizationRow]:
    """Organizations in scope by name; `search` is a part of a name or legal id, `is_overdue` whether a bill of theirs is overdue."""
    order = [By(col(Organization.name_fold)), By(col(Organization.id))]
    return (await page(session, _found(scope, search, is_overdue), window, order, name="organizations")).map(_organization)


async def organizations_count(session: Session, scope: Scope, *, search: str | None, is_overdue: bool | None = None) -> int:
    """How many organizations that is."""
    return await count(session, _found(scope, search, is_overdue))


@shaped
def _accounts_by_ids(scope: Limits) -> Select[Any]:
    statement = _columns(ACCOUNT).where(among(col(Account.id), "ids"))
    return scope.limit(statement, col(Account.organization_id), col(Account.path), named_anyway)


async def accounts_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[AccountRow | None]:
    """Accounts in the order asked, null for those out of scope."""
    return in_order(ids, map(_account, await session.rows(_accounts_by_ids(scope), ids=ids)))


@shaped
def _accounts_named(scope: Limits) -> Select[Any]:
    return scope.limit(_columns(ACCOUNT).where(among(col(Account.id), "ids")), col(Account.organization_id), of_group=named_anyway)


async def accounts_named(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[AccountRow | None]:
    """Accounts that a record in scope names, wherever they hang by now, in the order asked; for nothing else (decision 0075)."""
    return in_order(ids, map(_account, await session.rows(_accounts_named(scope), ids=ids)))


@shaped
def _top_account(scope: Limits) -> Select[Any]:
    statement = _columns(ACCOUNT).where(col(Account.organization_id) == bindparam("organization_id"))
    return scope.limit(statement, col(Account.organization_id), col(Account.path), named_anyway).order_by(col(Account.path)).limit(1)


async def top_account(session: Session, scope: Scope, organization_id: UUID) -> AccountRow | None:
    """The top of the tree that the viewer sees: the corporate general account, the first account of their subtree, or their group's."""
    rows = await session.rows(_top_account(scope), organization_id=organization_id)
    return _account(rows[0]) if rows else None


@shaped
def _tree(scope: Limits, given: tuple[str, ...]) -> Select[Any]:
    place: Any = AccountEdge if "as_of" in given else Account
    statement = _columns(ACCOUNT).where(col(Account.organization_id) == bindparam("organization_id"))
    if place is AccountEdge:
        statement = statement.join(AccountEdge, _hung_then())
    statement = scope.limit(statement, col(Account.organization_id), col(place.path))
    conditions: Mapping[str, Any] = {
        "under_id": under(col(place.path), (path_of if place is Account else path_then)("under_id")),
        "parent_id": col(place.parent_id) == bindparam("parent_id"),
        "kinds": among(col(Account.kind), "kinds"),
        "payment_mode": col(Account.payment_mode) == bindparam("payment_mode"),
        "search": holds(col(Account.name_fold), "search") | holds(func.lower(col(Account.number)), "search"),
        **OVERDUE,
    }
    return statement.where(*(conditions[name] for name in given if name in conditions))


def held_then(row: Any) -> Any:
    """Whether a dated row holds at the instant given as `as_of`."""
    as_of = bindparam("as_of", type_=UtcDateTime)
    return (col(row.valid_from) <= as_of) & (col(row.valid_to).is_(None) | (col(row.valid_to) > as_of))


def _hung_then() -> Any:
    """Joins where an account hung at an instant."""
    edge = AccountEdge
    return and_(
        col(edge.organization_id) == col(Account.organization_id), col(edge.account_id) == col(Account.id), held_then(edge)
    )


def path_of(name: str) -> Any:
    """The path of the account whose id is given as `name`, in the organization given as `organization_id`."""
    account = select(Account.path).where(Account.id == bindparam(name), Account.organization_id == bindparam("organization_id"))
    return account.scalar_subquery()


def path_then(name: str) -> Any:
    """The path that this account had at the instant given as `as_of`."""
    edge = aliased(AccountEdge)
    place = select(edge.path).where(edge.organization_id == bindparam("organization_id"), edge.account_id == bindparam(name))
    return place.where(held_then(edge)).scalar_subquery()


def _accounts(
    scope: Scope, organization_id: UUID, filter: AccountFilter, *, parent_id: UUID | None, search: str | None, as_of: datetime | None
) -> Bound:
    """The statement of a list of accounts."""
    values = {
        "as_of": as_of,
        "under_id": filter.under_id,
        "parent_id": parent_id,
        "kinds": filter.kinds or None,
        "payment_mode": filter.payment_mode,
        "search": search_key(search) if search else None,
        "is_overdue": filter.is_overdue or None,
        "is_not_overdue": filter.is_overdue is False or None,
    }
    return _tree(scope, names_of(values))(organization_id=organization_id, now=scope.at, **values)


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
    statement = _accounts(scope, organization_id, filter, parent_id=parent_id, search=search, as_of=as_of)
    order = [By(col(Account.path if as_of is None else AccountEdge.path))]
    return (await page(session, statement, window, order, name="accounts")).map(_account)


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
    return await count(session, _accounts(scope, organization_id, filter, parent_id=parent_id, search=search, as_of=as_of))


@shaped
def _places_at(scope: Limits) -> Select[Any]:
    columns = (AccountEdge.account_id, AccountEdge.parent_id, AccountEdge.depth)
    statement = _columns(columns).join(Account, _hung_then()).where(among(col(Account.id), "ids"))
    return scope.limit(statement, col(Account.organization_id), col(AccountEdge.path))


async def places_at(session: Session, scope: Scope, keys: Sequence[tuple[UUID, datetime]]) -> list[PlaceRow | None]:
    """Where accounts hung at an instant, in the order asked; null where one didn't exist yet or is out of scope."""
    found: dict[tuple[UUID, datetime], PlaceRow] = {}
    for as_of in {at for _, at in keys}:
        rows = await session.rows(_places_at(scope), as_of=as_of, ids=[id for id, at in keys if at == as_of])
        found |= {(row[0], as_of): PlaceRow(row[1], row[2]) for row in rows}
    return [found.get(key) for key in keys]


@shaped
def _cost_centres_by_ids(scope: Limits) -> Select[Any]:
    statement = _columns((CostCentre.id, CostCentre.code, CostCentre.name)).where(among(col(CostCentre.id), "ids"))
    return scope.limit(statement, col(CostCentre.organization_id))


async def cost_centres_by_ids(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[CostCentreRow | None]:
    """Cost centres in the order asked, null for those out of scope."""
    return in_order(ids, starmap(CostCentreRow, await session.rows(_cost_centres_by_ids(scope), ids=ids)))
