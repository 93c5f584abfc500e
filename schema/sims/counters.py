"""SIM cards counted by status, batched over all accounts of an answer."""

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry

from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims import counting
from domain.sims.counting import CountersRow
from schema.engine.fields import rows_of
from schema.kernel.context import Context, Info
from schema.kernel.figures import Measured

Key = tuple[UUID, str, datetime | None, bool]


@strawberry.type(description="How many SIM cards stand where.")
class SimCounters(Measured):
    """Served from `CountersRow`."""

    total: int = strawberry.field(description="All but terminated.")
    active: int = strawberry.field(description="Working.")
    blocked: int = strawberry.field(description="Blocked.")
    ready_to_activate: int = strawberry.field(description="Never activated.")
    other: int = strawberry.field(description="In any other state.")

    is_type_of = rows_of(CountersRow)


async def _counters(context: Context, keys: list[Key]) -> list[CountersRow]:
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await counting.counters(session, scope, keys, at=context.now)


async def counters_of_account(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    as_of: Annotated[datetime | None, strawberry.argument(description="As it stood then.")] = None,
    include_descendants: Annotated[bool, strawberry.argument(description="Count the whole subtree.")] = True,
) -> SimCounters | None:
    """Counters of one account, read together with those of all others."""
    return cast(SimCounters, await info.context.load(_counters, (root.organization_id, root.path, as_of, include_descendants)))
