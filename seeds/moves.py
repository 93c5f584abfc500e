"""Two moves of the demo company: an account that was elsewhere for a season, and one that goes elsewhere next month."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from domain.accounts.tables import Account, AccountEdge
from domain.accounts.tree import last_segment
from domain.hierarchy.present import settle
from domain.kernel.calendar import JalaliMonth
from seeds.identities import NIKAZIN
from store import outbox
from store.session import Session
from store.upsert import insert_all

Accounts = Mapping[tuple[str, str], Account]
QUAY, NORTH, EXPORT, ABROAD = "1121", "111", "124", "140"
WENT, CAME_BACK = timedelta(days=10), timedelta(days=100)
"""How long after the company became a customer; before anything is remembered of what its cards did."""


async def seed_moves(session: Session, accounts: Accounts, *, since: datetime, at: datetime, new_id: Callable[[], UUID]) -> None:
    """The quay hung under the northern fleet once; export goes to the company's business abroad with the next Jalali month."""
    quay, north, export, abroad = (accounts[NIKAZIN, number] for number in (QUAY, NORTH, EXPORT, ABROAD))
    went, came_back, next_month = since + WENT, since + CAME_BACK, JalaliMonth.of(at).plus(1).starts_at
    await _hang(session, quay, north, went, came_back, new_id)
    await session.execute(
        update(Account).where(col(Account.id) == quay.id).values(former_paths=[north.path + last_segment(quay.path)])
    )
    await _hang(session, export, abroad, next_month, None, new_id)
    letters = await settle(session, export.organization_id, when=next_month, at=at)
    await outbox.send_all(session, letters, organization_id=export.organization_id)


async def _hang(
    session: Session, account: Account, under: Account, begins: datetime, ends: datetime | None, new_id: Callable[[], UUID]
) -> None:
    """Hangs an account without any below it under another for a time, and then back where it is."""
    of_account = col(AccountEdge.account_id) == account.id
    await session.execute(update(AccountEdge).where(of_account).values(valid_to=begins))
    shared = {"organization_id": account.organization_id, "account_id": account.id}
    there = {"parent_id": under.id, "path": under.path + last_segment(account.path), "depth": under.depth + 1}
    rows = [{"id": new_id(), **shared, **there, "valid_from": begins, "valid_to": ends}]
    if ends is not None:
        here = {"parent_id": account.parent_id, "path": account.path, "depth": account.depth}
        rows.append({"id": new_id(), **shared, **here, "valid_from": ends, "valid_to": None})
    await insert_all(session, AccountEdge, rows)
