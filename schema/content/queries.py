"""What everybody may read, strangers too."""

from typing import Annotated, Any, cast

import strawberry

from domain.content import library, queries
from domain.kernel.paging import Window
from schema.content.types import HelpArticle, Incident, Link
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last, Locale
from schema.kernel.pages import CountedConnection

Language = Annotated[Locale, strawberry.argument(description="Language.")]


@strawberry.type
class ContentQuery:
    """Help, links, outages."""

    @strawberry.field(description="Help. Open to strangers.")
    async def help_articles(
        self,
        info: Info,
        locale: Language = Locale.FA,
        search: Annotated[str | None, strawberry.argument(description="Words to find.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[HelpArticle]:
        """One page."""

        async def count() -> int:
            return library.articles_count(locale, search)

        return CountedConnection[HelpArticle].of(library.articles_page(locale, Window.of(first, after, last, before), search), count)

    @strawberry.field(description="Links to show: social networks, stores, phones; at most 30. Open to strangers.")
    async def links(self, locale: Language = Locale.FA) -> list[Link]:
        """In order."""
        return cast(list[Link], library.links(locale))

    @strawberry.field(description="Outages going on, at most 20. Open to strangers.")
    async def incidents(self, info: Info) -> list[Incident]:
        """The newest first."""
        async with info.context.read() as session:
            found: Any = await queries.incidents(session, info.context.locale, at=info.context.now)
        return cast(list[Incident], found)
