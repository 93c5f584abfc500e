"""Usage of a card and of an account; null where the viewer may not see it, or while the document store is away."""

from typing import Annotated, Any

import strawberry

from domain.kernel.paging import Window
from domain.kernel.scope import Scope
from domain.usage import queries
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.pages import Connection
from schema.usage import loaders
from schema.usage.inputs import UsageFilterInput
from schema.usage.types import UsageRecord

Which = Annotated[UsageFilterInput | None, strawberry.argument(description="Which records.")]


async def usage_of_sim(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    filter: Which = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[UsageRecord] | None:
    """Newest first; what was made while the card stood outside the viewer's scope isn't shown."""
    wanted, window = filter.to_filter() if filter else queries.EVERYTHING, Window.of(first, after, last, before)
    page = await info.context.load(loaders.pages, ((root.organization_id, root.id), wanted, window))
    return Connection[UsageRecord].of(page)


async def usage_of_account(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    filter: Which = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[UsageRecord] | None:
    """Newest first; what was made at or below the account, wherever the cards stand now."""
    wanted, window = filter.to_filter() if filter else queries.EVERYTHING, Window.of(first, after, last, before)
    page = await queries.usage_page(
        scope, root.organization_id, under=root.path, former_paths=root.former_paths, filter=wanted, window=window
    )
    return Connection[UsageRecord].of(page)
