"""API tokens, as a client sees them; never their secret."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from auth import queries
from auth.queries import ApiTokenRow
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.scope import ActorRef, Scope
from schema.accounts import loaders as account_loaders
from schema.approvals import loaders as approval_loaders
from schema.engine.fields import batched, plain, rows_of
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last, Money
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import CountedConnection
from schema.kernel.rights import Permission
from schema.people.actors import Actor

if TYPE_CHECKING:
    from schema.accounts.types import Account
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]


def _permissions(row: ApiTokenRow) -> list[Permission]:
    """As they were given; in use they are cut to what the maker may do."""
    return [Permission(name) for name in row.permissions]


def _created_by(row: ApiTokenRow) -> ActorRef:
    """As it was written down."""
    return ActorRef.from_json(row.by)


@strawberry.type(description="A key for programs; its secret is shown once.")
class ApiToken(Node):
    """Served from `ApiTokenRow`."""

    id: strawberry.ID = global_id(Kind.API_TOKEN)
    name: str = strawberry.field(description="Name people know it by.")
    prefix: str = strawberry.field(description="Start of the secret, to recognise it.")
    networks: list[str] = strawberry.field(description="Networks it may come from, CIDR, at most 20; empty for any.")
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime | None = strawberry.field(description="Last use.")
    expires_at: datetime = strawberry.field(description="End.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked.")

    is_type_of = rows_of(ApiTokenRow)

    daily_budget: Money | None = batched(
        approval_loaders.daily_budgets, key=("organization_id", "id"), description="Spending a day, null for no bound of its own."
    )
    spent_today: Money = batched(approval_loaders.spent_today, key=("organization_id", "id"), description="Spent today.")
    permissions: list[Permission] = plain(_permissions, description="Rights, at most one of each.")
    account: Account = batched(account_loaders.accounts, key="account_id", description="Top of its subtree.")
    created_by: Actor = plain(_created_by, description="Who made it.")


async def tokens_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[ApiToken] | None:
    """`Organization.apiTokens`: one page, newest first."""
    window = Window.of(first, after, last, before)
    return await CountedConnection[ApiToken].read(
        info.context,
        lambda session: queries.api_tokens_page(session, scope, root.id, window),
        lambda session: queries.api_tokens_count(session, scope, root.id),
    )
