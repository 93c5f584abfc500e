"""The worker: which handler does which kind of work after commit."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from api.world import World
from auth.cleaning import CLEANING_KIND, cleaning_handler, schedule
from auth.delivery import code_handler
from auth.otp import OTP_KIND
from domain.orders import fulfilment as orders
from domain.sims import fulfilment as sims
from domain.tickets import threads
from domain.tickets.notices import NOTICE_KIND, notice_handler
from store import outbox
from store.outbox import Handler


def handlers(world: World) -> Mapping[str, Handler]:
    """Every kind of work and who does it."""
    return {
        OTP_KIND: code_handler(world.sealer, world.mailer, world.sms, world.clock),
        CLEANING_KIND: cleaning_handler(world.auth, world.clock),
        **sims.handlers(world.database, world.carrier, world.clock),
        **orders.handlers(world.database, world.carrier, world.mailer, world.receipts, world.clock),
        threads.MESSAGE_KIND: threads.deliver,
        NOTICE_KIND: notice_handler(world.database, world.mailer),
    }


async def work(world: World) -> None:
    """Does what falls due until cancelled."""
    await schedule(world.auth, at=world.clock.now())
    await outbox.run_forever(world.database, handlers(world), world.clock)


@asynccontextmanager
async def working(world: World) -> AsyncIterator[None]:
    """A worker inside this process for the block, as `simurgh run` has it."""
    task = asyncio.create_task(work(world))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
