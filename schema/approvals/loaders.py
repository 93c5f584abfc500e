"""Batched reads of budgets, stand-ins and approvals."""

from uuid import UUID

from domain.approvals import budgets as budget_queries
from domain.approvals import queries
from domain.approvals.queries import ApprovalKey, ApprovalRow, DelegationRow
from domain.kernel.calendar import day_of
from domain.kernel.ids import Kind
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.people.queries import PersonRow
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS
from schema.people import loaders as people_loaders

budgets = in_scope(Permission.BUDGET_READ, budget_queries.budgets_by_ids)
"""Budgets in scope."""


async def delegations(context: Context, keys: list[tuple[UUID, UUID]]) -> list[DelegationRow | None]:
    """Who stands in for approvers, now or next, by organization and person."""
    async with context.read() as session:
        return await queries.delegations_of(session, keys, at=context.now)


async def approvals(context: Context, ids: list[UUID]) -> list[ApprovalRow | None]:
    """Approvals in scope of whoever decides or sees orders; none for anybody else."""
    if not context.asking().permissions & {Permission.APPROVAL_DECIDE, Permission.ORDER_READ}:
        return [None for _ in ids]
    scope = context.scope_of_first(Permission.APPROVAL_DECIDE, Permission.ORDER_READ)
    async with context.read() as session:
        return await queries.approvals_by_ids(session, scope, ids)


async def approvals_of_subjects(context: Context, keys: list[tuple[UUID, UUID]]) -> list[ApprovalRow | None]:
    """The newest approval of things in view, by organization and thing."""
    async with context.read() as session:
        return await queries.approvals_of_subjects(session, keys)


async def approvers(context: Context, keys: list[ApprovalKey]) -> list[list[PersonRow]]:
    """Who may answer approvals in view."""
    async with context.read() as session:
        found = await queries.approvers_of(session, keys, at=context.now)
    return await people(context, [tuple(ids) for ids in found])


async def people(context: Context, lists: list[tuple[UUID, ...]]) -> list[list[PersonRow]]:
    """People whom a plan or an approval in view names; of those out of scope the name alone."""
    rows = await persons_named(context, list({id: None for ids in lists for id in ids}))
    found = {row.id: row for row in rows if row is not None}
    return [[found[id] for id in ids if id in found] for ids in lists]


async def persons_named(context: Context, ids: list[UUID]) -> list[PersonRow | None]:
    """The same one by one."""
    found = dict(zip(ids, await context.loaders.load_many(people_loaders.persons, ids), strict=True))
    gone = [id for id in ids if found[id] is None]
    if gone:
        async with context.read() as session:
            found |= zip(gone, await queries.persons_named(session, gone), strict=True)
    return [found[id] for id in ids]


async def daily_budgets(context: Context, keys: list[tuple[UUID, UUID]]) -> list[Money | None]:
    """What tokens in view may spend in a day."""
    async with context.read() as session:
        return await budget_queries.daily_budgets(session, keys)


async def spent_today(context: Context, keys: list[tuple[UUID, UUID]]) -> list[Money]:
    """What tokens in view have spent today."""
    async with context.read() as session:
        return await budget_queries.spent_on(session, keys, day_of(context.now))


FINDERS[Kind.BUDGET] = budgets
FINDERS[Kind.APPROVAL] = approvals
