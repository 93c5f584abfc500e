"""Batched reads of API tokens."""

from uuid import UUID

from auth import queries
from auth.queries import ApiTokenRow
from domain.kernel.ids import Kind
from domain.kernel.permissions import Permission
from schema.kernel.context import Context
from schema.kernel.nodes import FINDERS


async def api_tokens(context: Context, ids: list[UUID]) -> list[ApiTokenRow | None]:
    """Tokens that the viewer manages, or is."""
    actor = context.asking()
    scope = actor.scope(Permission.TOKEN_MANAGE, context.now) if Permission.TOKEN_MANAGE in actor.permissions else None
    async with context.read() as session:
        return await queries.api_tokens_seen(session, scope, ids, own_id=actor.ref.api_token_id)


FINDERS[Kind.API_TOKEN] = api_tokens
