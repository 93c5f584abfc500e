"""Where bills go: the places where accounts hung, the terms agreed with them, and which places one account is billed for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, AccountEdge, PaymentMode
from domain.billing import rules
from domain.billing.rules import Place, Terms
from domain.billing.tables import BillingTerms
from store.session import Session


async def places_of(session: Session, organization_id: UUID, before: datetime) -> dict[str, Place]:
    """Every place where an account hung before an instant, in the order of time."""
    columns: Sequence[Any] = (AccountEdge.path, AccountEdge.account_id, AccountEdge.depth, Account.payment_mode)
    mine = (col(AccountEdge.organization_id) == organization_id, col(AccountEdge.valid_from) < before)
    statement: Any = select(*columns).join(Account, col(Account.id) == col(AccountEdge.account_id)).where(*mine)
    found: dict[str, Place] = {}
    for path, account_id, depth, mode in await session.execute(statement.order_by(col(AccountEdge.valid_from), col(AccountEdge.path))):
        found.pop(path, None)
        found[path] = Place(account_id, depth, mode == PaymentMode.POSTPAID)
    return found


async def terms_of(session: Session, organization_id: UUID) -> dict[UUID, Terms]:
    """The terms that were agreed with an organization's accounts."""
    rows = await session.scalars(select(BillingTerms).where(col(BillingTerms.organization_id) == organization_id))
    return {row.account_id: Terms(row.is_billed_here, row.cycle_months, row.due_days, row.credit_limit) for row in rows}


async def billed_on(session: Session, organization_id: UUID, account_id: UUID, *, at: datetime) -> list[str]:
    """The places whatever arises at which goes on an account's bills, by what is agreed now."""
    places, terms = await places_of(session, organization_id, at), await terms_of(session, organization_id)
    billed = {path: rules.billed_at(path, places, terms) for path in places}
    return [path for path, on in billed.items() if on is not None and places[on].account_id == account_id]
