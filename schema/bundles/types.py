"""What lines have, as a client sees it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.bundles.queries import BucketRow, ProductRow
from domain.kernel.ids import Kind, Ref
from schema.bundles import loaders
from schema.bundles.enums import BucketStatus, ProductStatus
from schema.catalogue import loaders as catalogue_loaders
from schema.catalogue.types import ProductOffering
from schema.engine.fields import batched, rows_of
from schema.kernel.context import Info
from schema.kernel.figures import FigureSource, Measured, Period, Quantity, UsageType
from schema.kernel.nodes import Node, find, global_id
from schema.sims import loaders as sim_loaders

if TYPE_CHECKING:
    from schema.orders.types import Order
    from schema.sims.types import Sim
else:
    Order = Annotated["Order", strawberry.lazy("schema.orders.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


@strawberry.type(description="Where a grant lives and is used up (TMF654).")
class Bucket(Node, Measured):
    """Served from `BucketRow`."""

    id: strawberry.ID = global_id(Kind.BUCKET)
    name: str = strawberry.field(description="Name to show.")
    usage_type: UsageType = strawberry.field(description="What it can be used for.")
    is_shared: bool = strawberry.field(description="Shared by members of a head.")
    priority: int = strawberry.field(description="Place in the order of use, 1 first.")
    status: BucketStatus = strawberry.field(description="State it is in now.")
    total: Quantity = strawberry.field(description="Granted.")
    remaining: Quantity = strawberry.field(description="Left to use.")
    reserved: Quantity = strawberry.field(description="Held by open sessions, not in remaining.")
    max_overrun: Quantity = strawberry.field(description="Usage that may pass the end before it is stopped.")
    valid_for: Period = strawberry.field(description="When it can be used.")
    as_of: datetime = strawberry.field(description="Complete up to here.")
    source: FigureSource = strawberry.field(description="Counted by.")

    is_type_of = rows_of(BucketRow)

    product: "Product | None" = batched(
        loaders.products, key="product_id", description="The product that granted it, null for a main balance."
    )


@strawberry.type(description="Something a line or head has (TMF637).")
class Product(Node):
    """Served from `ProductRow`."""

    id: strawberry.ID = global_id(Kind.PRODUCT)
    status: ProductStatus = strawberry.field(description="State it is in now.")
    valid_for: Period = strawberry.field(description="When it is usable.")
    is_renewing: bool = strawberry.field(description="Buys itself again at the end.")

    is_type_of = rows_of(ProductRow)

    offering: ProductOffering = batched(catalogue_loaders.offerings, key="offering_id", description="What was sold.")
    sim: Sim = batched(sim_loaders.sims, key="sim_id", description="Line it is on, or head of the shared account.")
    buckets: list[Bucket] = batched(loaders.buckets_of_products, key="id", description="What it granted, at most 10.")

    @strawberry.field(description="Order that brought it, null if it came otherwise.")
    async def order(self, info: Info) -> Order | None:
        """Null too where it was paid outside of the viewer's scope."""
        id = cast(ProductRow, self).order_id
        return cast(Order, await find(info.context, Ref(Kind.ORDER, id))) if id else None

