"""The worker: which handler does which kind of work after commit."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from api import collecting, logs
from api.books import LOOKS
from api.settings import LogFormat, Settings
from api.stopping import stoppable
from api.watching import watch_of, watching
from api.workshop import Workshop, open_workshop
from api.world import check_migrated
from auth import notices, retention
from auth.cleaning import CLEANING_KIND, cleaning_handler
from auth.delivery import code_handler
from auth.otp import OTP_KIND
from domain.approvals import rounds as approval_rounds
from domain.billing import papers, reminders
from domain.billing import rounds as billing
from domain.exports import service as exports
from domain.files import service as files
from domain.groups import firing
from domain.groups import notices as group_notices
from domain.groups import service as groups
from domain.hierarchy import present
from domain.hierarchy import service as hierarchy
from domain.imports import running as imports
from domain.jobs import running as jobs
from domain.jobs import service as job_service
from domain.jobs.deeds import Deed
from domain.orders import filling
from domain.orders import fulfilment as orders
from domain.orders import service as order_service
from domain.payments import verifying as payments
from domain.sims import edits as sim_edits
from domain.sims import fulfilment as sims
from domain.sims import service as sim_service
from domain.tickets import rounds, threads
from domain.tickets.notices import NOTICE_KIND, notice_handler
from domain.transfers import requests as transfers
from domain.wallet import expiry, proving
from store import outbox
from store.outbox import Handler

DEEDS: Mapping[str, Deed] = {
    deed.mutation: deed for deed in (*sim_service.DEEDS.values(), sim_edits.UPDATE, hierarchy.MOVE, groups.UPDATE, filling.ORDER)
}
"""What jobs can do, by the names of the mutations."""
SLOW = {job_service.RUN, exports.RUN, imports.RUN, papers.PAPERS, order_service.RECEIPT, proving.LOOK_KIND, retention.RETENTION_KIND}
"""Kinds of work that may take seconds or more. They are done apart, so that codes and mails never wait for them."""
SLOW_AT_ONCE = 4


def handlers(workshop: Workshop) -> Mapping[str, Handler]:
    """Every kind of work and who does it."""
    return {
        outbox.CLEANING_KIND: outbox.cleaning_handler(workshop.database, workshop.clock),
        OTP_KIND: code_handler(workshop.sealer, workshop.mailer, workshop.sms, workshop.clock),
        notices.NOTICE_KIND: notices.notice_handler(workshop.database, workshop.mailer, workshop.sms),
        CLEANING_KIND: cleaning_handler(workshop.auth, workshop.clock),
        retention.RETENTION_KIND: retention.retention_handler(workshop.database, workshop.clock, workshop.settings.retention_days),
        files.CLEANING_KIND: files.cleaning_handler(workshop.database, workshop.clock),
        **present.handlers(workshop.database, workshop.clock),
        **jobs.handlers(workshop.database, workshop.clock, DEEDS),
        **exports.handlers(workshop.database, workshop.clock),
        **imports.handlers(workshop.database, workshop.sealer, workshop.clock),
        **sims.handlers(workshop.database, workshop.carrier, workshop.clock, workshop.sealer),
        **orders.handlers(workshop.database, workshop.carrier, workshop.mailer, workshop.receipts, workshop.clock),
        **payments.handlers(workshop.database, workshop.terminals, workshop.clock),
        **firing.handlers(workshop.database, workshop.clock),
        group_notices.NOTICE_KIND: group_notices.notice_handler(workshop.mailer, workshop.sms),
        threads.MESSAGE_KIND: threads.deliver,
        papers.PAPERS: papers.papers_handler(workshop.database, workshop.bills, workshop.clock, workshop.settings.seller),
        **reminders.handlers(workshop.database, workshop.mailer, workshop.sms, workshop.clock, workshop.settings.reminder_days),
        NOTICE_KIND: notice_handler(workshop.database, workshop.mailer, workshop.sms),
        **approval_rounds.handlers(workshop.database, workshop.mailer, workshop.clock),
        **expiry.handlers(workshop.database, workshop.clock),
        **proving.handlers(workshop.database, workshop.clock, LOOKS),
        **transfers.handlers(workshop.database, workshop.sms),
        **rounds.handlers(workshop.database, workshop.mailer, workshop.clock),
        **billing.handlers(workshop.database, workshop.clock),
    }


async def work(workshop: Workshop, end: asyncio.Event | None = None) -> None:
    """Does what falls due until cancelled, or until the end is told and what was begun is done."""
    able = handlers(workshop)
    await outbox.begin_rounds(workshop.database, able, at=workshop.clock.now())
    watch = watch_of(workshop)
    slow, quick = ({kind: able[kind] for kind in able if (kind in SLOW) is is_slow} for is_slow in (True, False))
    async with asyncio.TaskGroup() as lanes:
        lanes.create_task(outbox.run_forever(workshop.database, quick, workshop.clock, watch=watch, end=end))
        lanes.create_task(outbox.run_forever(workshop.database, slow, workshop.clock, watch=watch, end=end, most=SLOW_AT_ONCE))


@asynccontextmanager
async def working(workshop: Workshop) -> AsyncIterator[None]:
    """A worker inside this process for the block, as `simurgh run` has it."""
    task = asyncio.create_task(work(workshop))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def work_only(settings: Settings) -> None:
    """Does the work after commit until SIGTERM or SIGINT, and finishes what it has begun; any number of these may run."""
    logs.configure(is_json=settings.log_format is LogFormat.JSON)
    async with stoppable() as stop:
        await check_migrated(settings)
        async with open_workshop(settings) as workshop, watching(workshop, stop):
            collecting.settle()
            end = asyncio.Event()
            task = asyncio.create_task(work(workshop, end))
            stop.ends(end.set, task.cancel)
            await task
