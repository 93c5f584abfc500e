"""Root fields of organizations and accounts."""

from typing import Annotated, Any, cast

import strawberry

from domain.accounts.queries import AccountRow, OrganizationRow
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.accounts import loaders
from schema.accounts.types import Account, Organization
from schema.kernel.context import Info
from schema.kernel.needs import Needs

GlobalId = Annotated[strawberry.ID, strawberry.argument(description="Global id.")]


def _found(row: Any) -> Any:
    """The row, or `NotFound` for what is out of scope or gone."""
    if row is None:
        raise NotFound(field=("id",))
    return row


@strawberry.type
class AccountsQuery:
    """Organizations and accounts by id."""

    @strawberry.field(description="An organization.", extensions=[Needs(Permission.ACCOUNT_READ)])
    async def organization(self, info: Info, scope: Scope, id: GlobalId) -> Organization | None:
        """Within the viewer's scope."""
        row: OrganizationRow | None = await info.context.load(loaders.organizations, decode_as(Kind.ORGANIZATION, id, "id"), at_once=True)
        return cast(Organization, _found(row))

    @strawberry.field(description="An account.", extensions=[Needs(Permission.ACCOUNT_READ)])
    async def account(self, info: Info, scope: Scope, id: GlobalId) -> Account | None:
        """Within the viewer's scope."""
        row: AccountRow | None = await info.context.load(loaders.accounts, decode_as(Kind.ACCOUNT, id, "id"), at_once=True)
        return cast(Account, _found(row))
