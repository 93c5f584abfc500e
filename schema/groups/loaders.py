"""Batched reads of groups."""

from uuid import UUID

from domain.groups import queries
from domain.groups.queries import GroupRow, PaymentPolicyRow, PaymentPolicyRunRow
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from domain.people.queries import PersonRow
from domain.sims.counting import CountersRow
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS
from schema.people import loaders as people_loaders


async def groups(context: Context, ids: list[UUID]) -> list[GroupRow | None]:
    """Groups in scope."""
    scope = context.scope(Permission.GROUP_READ)
    async with context.read() as session:
        return await queries.groups_by_ids(session, scope, ids)


async def groups_managed(context: Context, ids: list[UUID]) -> list[GroupRow | None]:
    """Groups that roles name; none for a viewer who may not see groups."""
    if Permission.GROUP_READ not in context.asking().permissions:
        return [None for _ in ids]
    return await groups(context, ids)


async def groups_of_sims(context: Context, sim_ids: list[UUID]) -> list[list[GroupRow]]:
    """Groups in scope that cards are in."""
    scope = context.scope(Permission.GROUP_READ)
    async with context.read() as session:
        return await queries.groups_of_sims(session, scope, sim_ids)


async def managers(context: Context, group_ids: list[UUID]) -> list[PersonRow | None]:
    """Who manages groups now, as far as the viewer sees people."""
    async with context.read() as session:
        ids = await queries.managers_of(session, group_ids, at=context.now)
    found = iter(await people_loaders.persons(context, [id for id in ids if id is not None]))
    return [next(found) if id is not None else None for id in ids]


async def counters(context: Context, group_ids: list[UUID]) -> list[CountersRow]:
    """Cards in scope of groups, counted."""
    scope = context.scope(Permission.SIM_READ)
    async with context.read() as session:
        return await queries.counters(session, scope, group_ids, at=context.now)


async def policies(context: Context, ids: list[UUID]) -> list[PaymentPolicyRow | None]:
    """Policies of groups in scope."""
    scope = context.scope(Permission.GROUP_READ)
    async with context.read() as session:
        return await queries.policies_by_ids(session, scope, ids)


async def policies_of_groups(context: Context, group_ids: list[UUID]) -> list[list[PaymentPolicyRow]]:
    """The policies of each group in scope."""
    scope = context.scope(Permission.GROUP_READ)
    async with context.read() as session:
        return await queries.policies_of_groups(session, scope, group_ids)


async def runs(context: Context, ids: list[UUID]) -> list[PaymentPolicyRunRow | None]:
    """Runs on lines in scope."""
    scope = context.scope(Permission.GROUP_READ)
    async with context.read() as session:
        return await queries.runs_by_ids(session, scope, ids)


FINDERS[Kind.GROUP] = groups
FINDERS[Kind.PAYMENT_POLICY] = policies
FINDERS[Kind.PAYMENT_POLICY_RUN] = runs
