"""The catalogue."""

from typing import Annotated

import strawberry

from domain.catalogue import queries
from domain.kernel.errors import NotFound, Unauthenticated
from domain.kernel.ids import Kind, decode_as
from domain.kernel.paging import Window
from schema.accounts import loaders as account_loaders
from schema.accounts.enums import PaymentMode
from schema.catalogue import loaders
from schema.catalogue.enums import OfferingCategory
from schema.catalogue.types import ProductOffering
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last, UsageType
from schema.kernel.nodes import FINDERS
from schema.kernel.pages import CountedConnection
from schema.sims import loaders as sim_loaders


@strawberry.input(description="Which offerings.")
class OfferingFilterInput:
    """All given conditions hold."""

    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="Sold to this organization, its prices; the viewer's only one if null."
    )
    categories: list[OfferingCategory] | None = strawberry.field(default=None, description="Kinds.")
    sim_id: strawberry.ID | None = strawberry.field(default=None, description="Fits this line or head.")
    usage_type: UsageType | None = strawberry.field(default=None, description="With an allowance for.")

    async def to_filter(self, context: Context) -> queries.OfferingFilter:
        """The domain's filter; organization and card have to be in the viewer's scope. Every organization has the same prices."""
        if self.organization_id:
            await self._check_organization(context, self.organization_id)
        mode = await self._payment_mode(context, self.sim_id) if self.sim_id else None
        return queries.OfferingFilter(self.categories, mode, self.usage_type)

    async def _check_organization(self, context: Context, id: str) -> None:
        field = ("filter", "organizationId")
        if await context.load(account_loaders.organizations, decode_as(Kind.ORGANIZATION, id, *field)) is None:
            raise NotFound(field=field)

    async def _payment_mode(self, context: Context, id: str) -> PaymentMode:
        field = ("filter", "simId")
        sim = await context.load(sim_loaders.sims, decode_as(Kind.SIM, id, *field))
        if sim is None:
            raise NotFound(field=field)
        return PaymentMode(sim.payment_mode)


@strawberry.type
class CatalogueQuery:
    """What is on sale."""

    @strawberry.field(description="Offerings on sale.")
    async def offerings(
        self,
        info: Info,
        filter: Annotated[OfferingFilterInput | None, strawberry.argument(description="Which ones.")] = None,
        search: Annotated[str | None, strawberry.argument(description="Part of a name.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CountedConnection[ProductOffering]:
        """For everybody who is signed in; the permission is asked where something is bought."""
        context = info.context
        if context.actor is None:
            raise Unauthenticated
        window = Window.of(first, after, last, before)
        wanted = await filter.to_filter(context) if filter else queries.OfferingFilter()
        return await CountedConnection[ProductOffering].read(
            context,
            lambda session: queries.offerings_page(
                session, context.locale, at=context.now, window=window, filter=wanted, search=search,
                wanted=context.wanted(info, "edges", "node"),
            ),
            lambda session: queries.offerings_count(session, at=context.now, filter=wanted, search=search),
        )  # fmt: skip


FINDERS[Kind.OFFERING] = loaders.offerings
