"""Batched reads of what the operator tells everybody."""

from uuid import UUID

from domain.content import library, queries
from domain.content.library import HelpArticleRow
from domain.content.queries import IncidentRow
from schema.kernel.context import Context


async def articles(context: Context, ids: list[UUID]) -> list[HelpArticleRow | None]:
    """Help articles."""
    return library.articles_by_ids(ids)


async def incidents(context: Context, ids: list[UUID]) -> list[IncidentRow | None]:
    """Outages, over or not, in the viewer's language."""
    async with context.read() as session:
        return await queries.incidents_by_ids(session, ids, context.locale)
