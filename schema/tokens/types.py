"""API tokens, as a client sees them; never their secret."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from auth import queries
from auth.queries import ApiTokenRow
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.scope import ActorRef, Scope
from schema.accounts import loaders as account_loaders
from schema.engine.fields import rows_of
from schema.kernel.actors import Actor
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import CountedConnection
from schema.kernel.rights import Permission

if TYPE_CHECKING:
    from schema.accounts.types import Account
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]


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

    @strawberry.field(description="Rights, at most one of each.")
    def permissions(self) -> list[Permission]:
        """As they were given; in use they are cut to what the maker may do."""
        return [Permission(name) for name in cast(ApiTokenRow, self).permissions]

    @strawberry.field(description="Top of its subtree.")
    async def account(self, info: Info) -> Account:
        """Read together with all others."""
        return cast(Account, await info.context.load(account_loaders.accounts, cast(ApiTokenRow, self).account_id))

    @strawberry.field(description="Who made it.")
    def created_by(self) -> Actor:
        """As it was written down."""
        return cast(Actor, ActorRef.from_json(cast(ApiTokenRow, self).by))


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
    async with info.context.read() as session:
        page = await queries.api_tokens_page(session, scope, root.id, window)

    async def count() -> int:
        async with info.context.read() as session:
            return await queries.api_tokens_count(session, scope, root.id)

    return cast(CountedConnection[ApiToken], CountedConnection[ApiToken].of(page, count))
