"""Groups of SIM cards, as a client sees them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.groups import queries
from domain.groups.queries import GroupRow
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims.queries import SimFilter, SimSort, sims_count, sims_page
from schema.accounts import loaders as account_loaders
from schema.engine.fields import batched, rows_of
from schema.groups import loaders
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.needs import Needs
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import CountedConnection
from schema.people.types import Person
from schema.sims.counters import SimCounters
from schema.sims.inputs import SimFilterInput, SimSortInput

if TYPE_CHECKING:
    from schema.accounts.types import Account
    from schema.sims.types import Sim
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


@strawberry.type(description="SIM cards paid for together.")
class Group(Node):
    """Served from `GroupRow`."""

    id: strawberry.ID = global_id(Kind.GROUP)
    name: str = strawberry.field(description="Name people know it by.")

    is_type_of = rows_of(GroupRow)

    account: Account = batched(account_loaders.accounts_named, key="account_id", description="Account it belongs to.")
    manager: Person | None = batched(loaders.managers, key="id", description="Group manager, by delegation.")

    @strawberry.field(description="Cards", extensions=[Needs(Permission.SIM_READ)])
    async def sims(
        row: strawberry.Parent[GroupRow],
        info: Info,
        scope: Scope,
        filter: Annotated[SimFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        sort: Annotated[SimSortInput | None, strawberry.argument(description="Order.")] = None,
        search: Annotated[str | None, strawberry.argument(description="Part of a number or holder.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[Sim] | None:
        """One page of its cards."""
        window = Window.of(first, after, last, before)
        wanted = replace(filter.to_filter() if filter else SimFilter(), group_id=row.id)
        order = sort.to_sort() if sort else SimSort()
        place = (row.organization_id, row.path)
        return await CountedConnection[Sim].read(
            info.context,
            lambda session: sims_page(
                session, scope, *place, window=window, filter=wanted, sort=order, search=search,
                wanted=info.context.wanted(info, "edges", "node"),
            ),
            lambda session: sims_count(session, scope, *place, filter=wanted, search=search),
        )  # fmt: skip

    counters: SimCounters | None = batched(
        loaders.counters, key="id", description="Cards counted by status", extensions=[Needs(Permission.SIM_READ)]
    )


async def groups_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    search: Annotated[str | None, strawberry.argument(description="Part of a name.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Group] | None:
    """`Organization.groups`: one page by name, of the groups whose account is in scope."""
    window = Window.of(first, after, last, before)
    return await CountedConnection[Group].read(
        info.context,
        lambda session: queries.groups_page(session, scope, root.id, window=window, search=search),
        lambda session: queries.groups_count(session, scope, root.id, search=search),
    )
