"""Reports that are counted when they are read: who owes how much since when, and which lines wait for a new bundle."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, and_, bindparam, case, cast, exists, func, or_
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.billing.states import ISSUED
from domain.billing.tables import Bill
from domain.bundles.tables import Bucket, BucketStatus, Product, ProductStatus
from domain.catalogue.tables import Offering
from domain.kernel.quantity import UsageType
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.wallet.tables import LedgerAccount, LedgerAccountKind
from store.types import UtcDateTime

AGES = (30, 60, 90)
"""Days after which a debt is told apart."""
SOON = timedelta(days=7)
"""How long before its end a bundle is named, so that a new one can be offered."""
FORGOTTEN = timedelta(days=90)
"""How long after its last bundle a line is still named."""


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime)


AT = _moment("report_at")


def moments(at: datetime) -> Mapping[str, datetime]:
    """The instants that reports compare with, by the names of their parameters."""
    aged = {f"report_{days}": at - timedelta(days=days) for days in AGES}
    return {"report_at": at, "report_soon": at + SOON, "report_forgotten": at - FORGOTTEN, **aged}


DEBTORS = (
    "account_number", "account_name", "open_bills", "amount_due", "not_yet_due", "overdue_1_30", "overdue_31_60", "overdue_61_90",
    "overdue_over_90", "oldest_due_at", "receivable", "deposit", "wallet",
)  # fmt: skip
_OPEN = (
    col(Bill.organization_id) == col(Account.organization_id), col(Bill.account_id) == col(Account.id), col(Bill.amount_due) > 0,
    col(Bill.state).in_(ISSUED),
)  # fmt: skip
OWES = exists().where(*_OPEN)
"""Whether an account has bills to pay."""


def _of_bills(value: Any, *narrower: Any) -> Any:
    return select(value).where(*_OPEN, *narrower).correlate(Account).scalar_subquery()


def _due(*narrower: Any) -> Any:
    return _of_bills(cast(func.coalesce(func.sum(col(Bill.amount_due)), 0), BigInteger), *narrower)


def _purse(kind: LedgerAccountKind) -> Any:
    mine = (
        col(LedgerAccount.organization_id) == col(Account.organization_id), col(LedgerAccount.owner_id) == col(Account.id),
        col(LedgerAccount.kind) == kind,
    )  # fmt: skip
    return func.coalesce(select(LedgerAccount.balance).where(*mine).correlate(Account).scalar_subquery(), 0)


def debtors() -> Select[Any]:
    """Accounts with what is due of their bills by age, and how their purses stand: a debt is a negative receivable."""
    due, older = col(Bill.due_at), {days: _moment(f"report_{days}") for days in AGES}
    columns: Any = (
        Account.id, Account.number, Account.name, _of_bills(func.count()), _due(), _due(due > AT), _due(due <= AT, due > older[30]),
        _due(due <= older[30], due > older[60]), _due(due <= older[60], due > older[90]), _due(due <= older[90]),
        _of_bills(func.min(due)), _purse(LedgerAccountKind.RECEIVABLE), _purse(LedgerAccountKind.DEPOSIT),
        _purse(LedgerAccountKind.WALLET),
    )  # fmt: skip
    statement: Select[Any] = select(*columns)
    return statement


RENEWALS = ("msisdn", "iccid", "account_number", "reason", "offering_code", "ends_at", "data_remaining", "is_renewing")
_MINE = (col(Bucket.organization_id) == col(Sim.organization_id), col(Bucket.sim_id) == col(Sim.id))
_RUNS = (
    *_MINE, col(Bucket.usage_type) == UsageType.DATA, col(Bucket.status) == BucketStatus.ACTIVE, col(Bucket.starts_at) <= AT,
    or_(col(Bucket.ends_at).is_(None), col(Bucket.ends_at) > AT),
)  # fmt: skip
_HAS = (col(Product.organization_id) == col(Sim.organization_id), col(Product.sim_id) == col(Sim.id))
_RUNNING = exists().where(*_RUNS)
_USABLE = exists().where(*_RUNS, col(Bucket.remaining) > 0)
_LASTING = exists().where(
    *_RUNS, col(Bucket.remaining) > 0, or_(col(Bucket.ends_at).is_(None), col(Bucket.ends_at) > _moment("report_soon"))
)
_NEXT = exists().where(
    *_HAS,
    or_(
        col(Product.status) == ProductStatus.PENDING_ACTIVE,
        and_(col(Product.status) == ProductStatus.ACTIVE, col(Product.starts_at) > AT),
    ),
)
_RENEWING = exists().where(*_HAS, col(Product.is_renewing).is_(True), or_(col(Product.ends_at).is_(None), col(Product.ends_at) > AT))
_ENDED = exists().where(*_HAS, col(Product.ends_at) <= AT, col(Product.ends_at) > _moment("report_forgotten"))
WAITS = and_(
    col(Sim.status) != SimStatus.TERMINATED, ~_NEXT, ~_LASTING,
    or_(and_(_USABLE, ~_RENEWING), and_(_RUNNING, ~_USABLE), and_(~_RUNNING, _ENDED)),
)  # fmt: skip
"""Whether a line has no traffic left, had a bundle until lately, or has one that ends soon, and nothing waits behind it."""


def renewals() -> Select[Any]:
    """Lines that wait for a new bundle, why, and their last one."""
    last = select(Product.offering_id).where(*_HAS).order_by(col(Product.ends_at).desc(), col(Product.id).desc()).limit(1)
    code = select(Offering.code).where(col(Offering.id) == last.correlate(Sim).scalar_subquery()).correlate(Sim).scalar_subquery()
    ends = select(func.max(col(Product.ends_at))).where(*_HAS).correlate(Sim).scalar_subquery()
    left = select(cast(func.coalesce(func.sum(col(Bucket.remaining)), 0), BigInteger)).where(*_RUNS).correlate(Sim).scalar_subquery()
    reason = case((_USABLE, "ENDS_SOON"), (_RUNNING, "TRAFFIC_ENDED"), else_="ENDED")
    columns: Any = (Sim.id, Sim.msisdn, Sim.iccid, Account.number, reason, code, ends, left, _RENEWING)
    statement: Select[Any] = select(*columns).select_from(Sim).join(Account, col(Account.id) == col(Sim.account_id))
    return statement
