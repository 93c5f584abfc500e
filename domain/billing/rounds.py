"""Billing's own work: every few minutes what came in is counted, and some hours after a month is over its bills are made."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.billing.counting import SETTLED, TakenOver, catch_up
from domain.billing.figures import refresh_all
from domain.billing.issuing import FIGURES_KIND
from domain.billing.running import Phase, Wish, run
from domain.billing.tables import BillingBook, BillLine, BillRun
from domain.kernel.calendar import JalaliMonth
from domain.kernel.clock import Clock
from store import outbox
from store.outbox import Handler, Later, Letter, Round, Task, Tireless
from store.session import Database

ROUND_KIND, COUNT_KIND = "billing.round", "billing.count"
EVERY, NEWCOMERS_EVERY = timedelta(minutes=5), timedelta(hours=1)
BILLED_AFTER = timedelta(hours=6)
"""So long after the end of a month its bills are made: what comes in later than that goes to the next."""
MOST_STEPS = 15
"""Steps of a run between two leases of the outbox."""


def handlers(database: Database, clock: Clock) -> Mapping[str, Handler]:
    """The outbox's handlers: who has postpaid accounts, counting and billing for each organization, figures after a payment."""

    async def find(_: Task) -> None:
        await send_for_all(database, at=clock.now())
        raise Later(clock.now() + NEWCOMERS_EVERY)

    async def count(task: Task) -> None:
        organization_id = UUID(task.payload["organization_id"])
        try:
            is_done = await make_round(database, organization_id, at=clock.now())
        except TakenOver:
            is_done = True  # the other one goes on
        raise Later(clock.now() + (EVERY if is_done else timedelta()), has_progressed=True)

    async def bring_figures(task: Task) -> None:
        await after_payment(database, UUID(task.payload["bill_id"]), at=clock.now())

    return {ROUND_KIND: Round(find), COUNT_KIND: Tireless(count), FIGURES_KIND: bring_figures}


async def send_for_all(database: Database, *, at: datetime) -> None:
    """Has every organization with a postpaid account counted from now on, each by a row of its own."""
    async with database.write() as session:
        postpaid = select(Account.organization_id).where(col(Account.payment_mode) == PaymentMode.POSTPAID).distinct()
        ids = (await session.scalars(postpaid.order_by(col(Account.organization_id)))).all()
        subjects = {id: f"{COUNT_KIND}:{id}" for id in ids}
        await outbox.send_all(session, [Letter(COUNT_KIND, {"organization_id": id.hex}, key, at, key) for id, key in subjects.items()])


async def make_round(database: Database, organization_id: UUID, *, at: datetime) -> bool:
    """Counts what came in, and makes bills that are due or goes on making them; false while there is more of that to do.

    Raises `TakenOver`.
    """
    for month in await _due(database, organization_id, at):
        steps = 0
        async for progress in run(database, Wish(organization_id, month, at, at - SETTLED)):
            steps += 1
            if progress.phase is not Phase.DONE and steps > MOST_STEPS:
                return False
    await catch_up(database, organization_id, to=at - SETTLED)
    return True


async def _due(database: Database, organization_id: UUID, at: datetime) -> list[JalaliMonth]:
    """The months whose bills are to be made by now and aren't, the earliest first."""
    async with database.read() as session:
        book = await session.get(BillingBook, organization_id)
        mine = (col(BillRun.organization_id) == organization_id, col(BillRun.phase) == Phase.DONE)
        made = set(await session.scalars(select(BillRun.month).where(*mine)))
    due, month = [], JalaliMonth.of(book.since if book else at)
    while month.ends_at + BILLED_AFTER <= at:
        due += [month] if str(month) not in made else []
        month = month.plus(1)
    return due


async def after_payment(database: Database, bill_id: UUID, *, at: datetime) -> None:
    """Brings the figures of a bill's cards up to date."""
    async with database.read() as session:
        cards = select(BillLine.organization_id, BillLine.sim_id).where(col(BillLine.bill_id) == bill_id).distinct()
        rows = (await session.execute(cards)).all()
    ids = {sim_id for _, sim_id in rows if sim_id is not None}
    if ids:
        await refresh_all(database, rows[0][0], ids, at=at)
