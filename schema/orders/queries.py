"""Purchase history and the single order."""

from typing import Annotated, Any, cast

import strawberry

from domain.kernel.errors import NotFound
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.orders import queries
from domain.orders.queries import OrderFilter
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.needs import Needs
from schema.kernel.pages import CountedConnection
from schema.orders.inputs import OrderFilterInput
from schema.orders.types import Order


async def orders_of_account(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    filter: Annotated[OrderFilterInput | None, strawberry.argument(description="Which ones.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Order] | None:
    """One page of what was paid at or below an account, newest first."""
    window, at = Window.of(first, after, last, before), info.context.now
    wanted = filter.to_filter() if filter else OrderFilter()
    place, formerly = (root.organization_id, root.path), root.former_paths
    return await CountedConnection[Order].read(
        info.context,
        lambda session: queries.orders_page(session, scope, *place, window=window, filter=wanted, at=at, former_paths=formerly),
        lambda session: queries.orders_count(session, scope, *place, filter=wanted, at=at, former_paths=formerly),
    )


@strawberry.type
class OrdersQuery:
    """The single order."""

    @strawberry.field(description="An order by its number or the client's own reference.", extensions=[Needs(Permission.ORDER_READ)])
    async def order(
        self, info: Info, scope: Scope, reference: Annotated[str, strawberry.argument(description="Either reference.")]
    ) -> Order | None:
        """Within the viewer's scope."""
        async with info.context.read() as session:
            row = await queries.order_by_reference(session, scope, reference)
        if row is None:
            raise NotFound(field=("reference",))
        return cast(Order, row)
