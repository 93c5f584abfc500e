"""Offerings, as a client sees them."""


import strawberry

from domain.catalogue.queries import AllowanceRow, OfferingRow, allowances
from domain.kernel.ids import Kind
from schema.accounts.enums import PaymentMode
from schema.catalogue import loaders
from schema.catalogue.enums import ActivationMode, OfferingCategory
from schema.engine.fields import batched, plain, rows_of
from schema.kernel.context import Context
from schema.kernel.figures import Period, Price, Quantity, UsageType
from schema.kernel.nodes import Node, global_id


@strawberry.type(description="What an offering grants of one service.")
class Allowance:
    """Served from `AllowanceRow`."""

    usage_type: UsageType = strawberry.field(description="Service.")
    quantity: Quantity = strawberry.field(description="How much.")
    restriction: str | None = strawberry.field(description="Where or when it counts, in words; null for everywhere and always.")


def _allowances(row: OfferingRow, context: Context) -> list[AllowanceRow]:
    """In the viewer's language."""
    return allowances(row, context.locale)


def _on_sale(row: OfferingRow) -> Period:
    """Half-open."""
    return Period(starts_at=row.valid_from, ends_at=row.valid_to)


@strawberry.type(description="Something on sale (TMF620).")
class ProductOffering(Node):
    """Served from `OfferingRow`."""

    id: strawberry.ID = global_id(Kind.OFFERING)
    code: str = strawberry.field(description="Stable code for integrations.")
    name: str = strawberry.field(description="Name in the viewer's language.")
    description: str = strawberry.field(description="What one gets, in a sentence or two.")
    category: OfferingCategory = strawberry.field(description="Kind.")
    price: Price = batched(loaders.prices, key="net_price", description="Price today for the organization asking.")
    allowances: list[Allowance] = plain(_allowances, description="What it grants, at most 10.", needs=("allowances",))
    valid_days: int | None = strawberry.field(description="Days it lasts from activation, null for open end.")
    activations: list[ActivationMode] = strawberry.field(description="When it may start, at most 3.")
    max_queued: int = strawberry.field(description="Same ones that may wait behind the running one.")
    is_rolled_over: bool = strawberry.field(description="Leftover moves to the next one bought before the end.")
    payment_modes: list[PaymentMode] = strawberry.field(description="Who can take it, at most 2.")

    is_type_of = rows_of(OfferingRow)

    valid_for: Period = plain(_on_sale, description="On sale when.", needs=("valid_from", "valid_to"))
