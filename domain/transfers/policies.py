"""Which policy a wallet's transfers follow: the one chosen for its company and kind of owner, or the one that is shipped."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.audit.writing import Result, Work
from domain.kernel.errors import InvalidInput, StateConflict
from domain.kernel.ids import Kind, Ref
from domain.transfers.rules import Terms
from domain.transfers.tables import TransferRule
from store.session import Session
from store.upsert import insert_or_ignore


def read(source: str) -> Mapping[str, Mapping[str, Any]]:
    """The policies written in a TOML text, by name; raises `ValueError` for what is none."""
    policies = tomllib.loads(source)
    for name, data in policies.items():
        Terms.of(name, data)
    return policies


SHIPPED: Final = read(files("domain.transfers").joinpath("policies.toml").read_text(encoding="utf-8"))
DEFAULTS: Final = {Kind.ACCOUNT: Terms.of("accounts", SHIPPED["accounts"]), Kind.SIM: Terms.of("lines", SHIPPED["lines"])}


async def policies_at(session: Session, organization_id: UUID, at: datetime) -> Mapping[Kind, Terms]:
    """A company's policies in force at an instant, for wallets of accounts and of lines."""
    rule = TransferRule
    statement = select(rule).where(col(rule.organization_id) == organization_id, col(rule.valid_from) <= at)
    rows = await session.scalars(statement.order_by(col(rule.valid_from)))
    return {**DEFAULTS, **{Kind(row.owner_kind): Terms.of(row.name, row.terms) for row in rows}}


async def policy_choose(
    work: Work, organization_id: UUID, owner: Kind, name: str, terms: Mapping[str, Any], *, begins: datetime | None = None
) -> Result:
    """Puts a policy into force for a company's wallets of accounts or lines, now or from an instant to come; returns nothing.

    Raises `InvalidInput` for an instant that is over, `StateConflict` when another begins at that very instant.
    """
    if begins is not None and begins < work.at:
        raise InvalidInput("transfer.past", field=("from",))
    of_company = (col(Account.organization_id) == organization_id, col(Account.parent_id).is_(None))
    top = (await work.sql.scalars(select(Account).where(*of_company))).one()
    before = (await policies_at(work.sql, organization_id, begins or work.at))[owner].name
    await choose(work.sql, organization_id, owner, name, terms, at=begins or work.at)
    work.within(organization_id, top.path, organization_id)
    work.changed(Ref(Kind.ORGANIZATION, organization_id), top.number, f"transferPolicy.{owner.name.lower()}", before, name)
    return {}


async def choose(session: Session, organization_id: UUID, owner: Kind, name: str, terms: Mapping[str, Any], *, at: datetime) -> None:
    """Puts a policy into force for a company's wallets of one kind of owner from an instant on.

    Raises `StateConflict` when another begins at that very instant, `ValueError` for terms that no policy has.
    """
    Terms.of(name, terms)
    row = {"organization_id": organization_id, "owner_kind": owner.value, "valid_from": at, "name": name, "terms": dict(terms)}
    if not await insert_or_ignore(session, TransferRule, [row]):
        raise StateConflict
