"""Batched reads of organizations and accounts."""

from uuid import UUID

from domain.accounts import queries
from domain.accounts.queries import AccountRow, OrganizationRow
from domain.files.queries import DocumentRow
from domain.files.tables import Purpose
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from schema.files.seen import SEEN
from schema.kernel.batches import in_scope
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def organizations(context: Context, ids: list[UUID]) -> list[OrganizationRow | None]:
    """Organizations in scope; support finds every one, by name and number alone."""
    scope = context.scope_of_first(Permission.ACCOUNT_READ, Permission.SUPPORT_VIEW)
    async with context.read() as session:
        return await queries.organizations_by_ids(session, scope, ids)


async def papers(context: Context, organization_ids: list[UUID]) -> list[list[DocumentRow]]:
    """Papers of organizations; whoever only finds an organization sees none."""
    if Permission.ACCOUNT_READ not in context.asking().permissions:
        return [[] for _ in organization_ids]
    scope = context.scope(Permission.ACCOUNT_READ)
    async with context.read() as session:
        return await queries.papers(session, scope, organization_ids)


async def accounts(context: Context, ids: list[UUID]) -> list[AccountRow | None]:
    """Accounts in scope, out of memory where it knows them."""
    scope = context.scope(Permission.ACCOUNT_READ)
    known = context.known("accounts", ids)
    if known is not None:
        return [row if scope.names(row.organization_id, row.path) else None for row in known]
    async with context.read() as session:
        found = await queries.accounts_by_ids(session, scope, ids)
    context.keep("accounts", found, lambda row: ("accounts", row.organization_id))
    return found


async def accounts_named(context: Context, ids: list[UUID]) -> list[AccountRow | None]:
    """Accounts that a record in view names, wherever they hang by now; those in scope are read with all others."""
    found = dict(zip(ids, await context.loaders.load_many(accounts, ids), strict=True))
    gone, scope = [id for id in ids if found[id] is None], context.scope(Permission.ACCOUNT_READ)
    if gone and scope.has_subtrees:
        async with context.read() as session:
            found |= zip(gone, await queries.accounts_named(session, scope, gone), strict=True)
    return [found[id] for id in ids]


places = in_scope(Permission.ACCOUNT_READ, queries.places_at)
"""Where accounts in scope hung at an instant."""
cost_centres = in_scope(Permission.ACCOUNT_READ, queries.cost_centres_by_ids)
"""Cost centres in scope."""


FINDERS[Kind.ORGANIZATION] = organizations
FINDERS[Kind.ACCOUNT] = accounts
FINDERS[Kind.COST_CENTRE] = cost_centres
SEEN[Purpose.PAPER] = (Permission.ACCOUNT_READ, queries.papers_by_ids)
