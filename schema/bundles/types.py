"""What lines have, as a client sees it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.bundles.queries import BucketRow, ProductRow
from domain.bundles.rules import bucket_status
from domain.kernel import quantity
from domain.kernel.ids import Kind
from domain.kernel.quantity import UNIT_OF
from schema.bundles import loaders
from schema.bundles.enums import BucketStatus, ProductStatus
from schema.catalogue import loaders as catalogue_loaders
from schema.catalogue.types import ProductOffering
from schema.engine.fields import batched, itself, made_of, plain, rows_of
from schema.kernel.context import Context
from schema.kernel.figures import FigureSource, Measured, Period, Quantity, UsageType
from schema.kernel.nodes import Found, Node, global_id
from schema.orders import loaders as order_loaders
from schema.sims import loaders as sim_loaders

if TYPE_CHECKING:
    from schema.orders.types import Order
    from schema.sims.types import Sim
else:
    Order = Annotated["Order", strawberry.lazy("schema.orders.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


def _is_shared(_: BucketRow) -> bool:
    """None is, as long as there are no heads with members."""
    return False


def _status(row: BucketRow, context: Context) -> BucketStatus:
    """Between its dates the stored one."""
    return bucket_status(row.status, row.starts_at, row.ends_at, context.now)


def _quantity(name: str, description: str) -> Any:
    """An amount of the row in the unit of its service."""
    return made_of(quantity.Quantity, description=description, count=name, unit=("usage_type", UNIT_OF))


@strawberry.type(description="Where a grant lives and is used up (TMF654).")
class Bucket(Node, Measured):
    """Served from `BucketRow`."""

    id: strawberry.ID = global_id(Kind.BUCKET)
    name: str = strawberry.field(description="Name to show.")
    usage_type: UsageType = strawberry.field(description="What it can be used for.")
    is_shared: bool = plain(_is_shared, description="Shared by members of a head.", needs=())
    place: int = strawberry.field(name="priority", description="Place in the order of use, 1 first.")
    status: BucketStatus = plain(_status, description="State it is in now.", needs=("status", "starts_at", "ends_at"))
    total: Quantity = _quantity("total", "Granted.")
    remaining: Quantity = _quantity("remaining", "Left to use.")
    reserved: Quantity = _quantity("reserved", "Held by open sessions, not in remaining.")
    max_overrun: Quantity = _quantity("max_overrun", "Usage that may pass the end before it is stopped.")
    valid_for: Period = plain(itself, description="When it can be used.")
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
    order: Order | None = batched(
        order_loaders.orders, key="order_id", description="Order that brought it, null if it came otherwise.", extensions=[Found()]
    )
