"""Batched reads of groups."""

from uuid import UUID

from domain.groups import queries
from domain.groups.queries import GroupRow
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.people.queries import PersonRow
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS
from schema.people import loaders as people_loaders

groups = in_scope(Permission.GROUP_READ, queries.groups_by_ids)
"""Groups in scope."""


async def groups_managed(context: Context, ids: list[UUID]) -> list[GroupRow | None]:
    """Groups that roles name; none for a viewer who may not see groups."""
    if Permission.GROUP_READ not in context.asking().permissions:
        return [None for _ in ids]
    return await groups(context, ids)


groups_of_sims = in_scope(Permission.GROUP_READ, queries.groups_of_sims)
"""Groups in scope that cards are in."""


async def managers(context: Context, group_ids: list[UUID]) -> list[PersonRow | None]:
    """Who manages groups now, as far as the viewer sees people."""
    async with context.read() as session:
        ids = await queries.managers_of(session, group_ids, at=context.now)
    found = iter(await people_loaders.persons(context, [id for id in ids if id is not None]))
    return [next(found) if id is not None else None for id in ids]


counters = in_scope(Permission.SIM_READ, queries.counters)
"""Cards in scope of groups, counted."""
policies = in_scope(Permission.GROUP_READ, queries.policies_by_ids)
"""Policies of groups in scope."""
policies_of_groups = in_scope(Permission.GROUP_READ, queries.policies_of_groups)
"""The policies of each group in scope."""
runs = in_scope(Permission.GROUP_READ, queries.runs_by_ids)
"""Runs on lines in scope."""


FINDERS[Kind.GROUP] = groups
FINDERS[Kind.PAYMENT_POLICY] = policies
FINDERS[Kind.PAYMENT_POLICY_RUN] = runs
