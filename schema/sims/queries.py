"""Lists of SIM cards and the single card."""

from datetime import datetime
from typing import Annotated, Any, cast

import strawberry

from domain.kernel.ids import Kind, decode_as
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims import filters, queries
from schema.kernel.context import Info
from schema.kernel.figures import After, Before
from schema.kernel.needs import Needs
from schema.kernel.pages import CountedConnection
from schema.sims.inputs import SimFilterInput, SimKeyInput, SimSortInput
from schema.sims.types import Sim

MOST = 200


async def sims_of_account(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    as_of: Annotated[datetime | None, strawberry.argument(description="As placed then.")] = None,
    filter: Annotated[SimFilterInput | None, strawberry.argument(description="Which ones.")] = None,
    sort: Annotated[SimSortInput | None, strawberry.argument(description="Order; by number if null.")] = None,
    search: Annotated[
        str | None, strawberry.argument(description="Part of a number, ICCID, holder or cost centre, Persian spelling folded.")
    ] = None,
    first: Annotated[int | None, strawberry.argument(description="1–200.")] = None,
    after: After = None,
    last: Annotated[int | None, strawberry.argument(description="1–200.")] = None,
    before: Before = None,
) -> CountedConnection[Sim] | None:
    """One page of the cards at or below an account."""
    window = Window.of(first, after, last, before, most=MOST)
    wanted = filter.to_filter() if filter else filters.SimFilter()
    order = sort.to_sort() if sort else filters.SimSort()
    place = (root.organization_id, root.path)
    return await CountedConnection[Sim].read(
        info.context,
        lambda session: queries.sims_page(
            session, scope, *place, window=window, filter=wanted, sort=order, search=search, as_of=as_of,
            wanted=info.context.wanted(info, "edges", "node"),
        ),
        lambda session: queries.sims_count(session, scope, *place, filter=wanted, search=search, as_of=as_of),
    )  # fmt: skip


@strawberry.type
class SimsQuery:
    """The single card."""

    @strawberry.field(description="A SIM card by any of its names.", extensions=[Needs(Permission.SIM_READ)])
    async def sim(self, info: Info, scope: Scope, by: Annotated[SimKeyInput, strawberry.argument(description="One name.")]) -> Sim | None:
        """Within the viewer's scope."""
        name, value = next((name, value) for name, value in vars(by).items() if value is not strawberry.UNSET)
        key = decode_as(Kind.SIM, value, "by", "id") if name == "id" else value
        async with info.context.read() as session:
            return cast(Sim, await queries.sim_by(session, scope, name, key, info.context.wanted(info)))
