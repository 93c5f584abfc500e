"""The API as `x.py bench faults` kills it: `simurgh run` itself, or with a bug planted, which the bench has to find.

`python -m bench.faulty_server BUG ARGUMENTS…` where BUG is `none` or one of `BUGS`.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from api import cli
from domain.accounts.queries import AccountRow
from domain.accounts.tables import Account
from domain.audit import writing
from domain.audit.writing import Work
from domain.kernel.ids import Ref
from domain.kernel.money import Price
from domain.kernel.plan import MutationMode
from domain.kernel.scope import ActorRef
from domain.orders import service as orders
from domain.wallet.service import pay_for_items
from store.session import Database

SECONDS_BETWEEN = 0.3
_later: set[asyncio.Task[None]] = set()
_database: list[Database] = []


async def _paid_later(
    work: Work, *, account: Account | AccountRow, items: Sequence[tuple[UUID, Price]], cause: Ref, by: ActorRef | None = None,
    hold_id: UUID | None = None,
) -> Mapping[UUID, UUID]:  # fmt: skip
    """Charges in a transaction of its own, a moment after the order's: who dies in between sells for nothing."""
    if work.mode is MutationMode.APPLY:
        task = asyncio.create_task(_pay(work, account, items, cause))
        _later.add(task)
        task.add_done_callback(_later.discard)
    return {}


async def _pay(work: Work, account: Account | AccountRow, items: Sequence[tuple[UUID, Price]], cause: Ref) -> None:
    await asyncio.sleep(SECONDS_BETWEEN)
    async with _database[0].write() as session:
        await pay_for_items(Work(session, work.scope, work.at, work.mode), account=account, items=items, cause=cause)


async def _never_used(*_: object) -> None:
    """Knows no key, so that a retry is done again."""


def _two_transactions() -> None:
    orders.pay_for_items = _paid_later  # type: ignore[attr-defined]  # imported there, and not told to others
    opened = Database.__init__

    def opens(database: Database, *arguments: Any, **named: Any) -> None:
        opened(database, *arguments, **named)
        _database[:] = [database]

    Database.__init__ = opens  # type: ignore[assignment, method-assign]  # who pays later has to know the database


def _missing_key() -> None:
    writing._replay = _never_used  # type: ignore[assignment]  # takes anything and finds nothing


BUGS: Mapping[str, Callable[[], None]] = {"two-transactions": _two_transactions, "missing-key": _missing_key}

if __name__ == "__main__":
    if plant := BUGS.get(sys.argv.pop(1)):
        plant()
    cli.main()
