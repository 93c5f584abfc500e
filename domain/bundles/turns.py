"""Starts and ends of products as they fall due: what they bring beyond their dates is done by the worker."""

from uuid import UUID

from domain.bundles import service
from domain.kernel.clock import Clock
from store.outbox import Handler, Later, Task
from store.session import Database


def handlers(database: Database, clock: Clock) -> dict[str, Handler]:
    """The outbox's handlers of this area by kind; each may run more than once for the same row."""

    async def take_turn(task: Task) -> None:
        async with database.write() as session:
            next_at = await service.take_turn(session, UUID(task.payload["product"]), at=clock.now())
        if next_at is not None:
            raise Later(next_at)

    return {service.TURN: take_turn}
