"""What a client may send about purchases."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from domain.kernel.ids import Kind, decode_as
from domain.kernel.locale import Locale as AnyLocale
from domain.orders.filling import OrderSelection
from domain.orders.queries import OrderFilter
from domain.orders.rules import Line
from domain.orders.service import PlaceOrder
from schema.catalogue.enums import ActivationMode
from schema.kernel.figures import Locale, PeriodInput
from schema.kernel.inputs import planned_input
from schema.kernel.outcomes import BulkErrorPolicy
from schema.kernel.scalars import EmailAddress
from schema.orders.enums import OrderState
from schema.sims.inputs import SimSelectionInput


@strawberry.input(description="Which orders.")
class OrderFilterInput:
    """All given conditions hold."""

    placed: PeriodInput | None = strawberry.field(default=None, description="Placed within; the last 15 days if null.")
    states: list[OrderState] | None = strawberry.field(default=None, description="States.")
    placed_by_id: strawberry.ID | None = strawberry.field(default=None, description="Bought by this person.")
    sim_id: strawberry.ID | None = strawberry.field(default=None, description="For this line.")
    reference: str | None = strawberry.field(
        default=None, description="Order number, purchase order number or external reference."
    )

    def to_filter(self) -> OrderFilter:
        """The domain's filter."""
        return OrderFilter(
            is_placed_given=self.placed is not None,
            placed_from=self.placed.starts_at if self.placed else None,
            placed_to=self.placed.ends_at if self.placed else None,
            states=self.states,
            placed_by_id=decode_as(Kind.PERSON, self.placed_by_id, "filter", "placedById") if self.placed_by_id else None,
            sim_id=decode_as(Kind.SIM, self.sim_id, "filter", "simId") if self.sim_id else None,
            reference=self.reference,
        )


@strawberry.input(description="What to buy for whom.")
class OrderLineInput:
    """One offering for some lines."""

    offering_id: strawberry.ID = strawberry.field(description="Offering.")
    sims: SimSelectionInput = strawberry.field(description="Lines, or heads for a shared bundle.")
    activation: ActivationMode = strawberry.field(default=ActivationMode.NOW, description="When it starts.")
    activate_at: datetime | None = strawberry.field(default=None, description="Start, for LATER.")

    is_renewing: bool = strawberry.field(default=False, description="Buy again at the end.")

    def to_line(self, place: int, sim_ids: Sequence[UUID]) -> Line:
        """The domain's line; an offering's id of another kind is `NotFound`."""
        offering_id = decode_as(Kind.OFFERING, self.offering_id, "lines", str(place), "offeringId")
        return Line(offering_id, sim_ids, self.activation, self.activate_at, self.is_renewing)


@planned_input("Input of `orderPlace`.")
class OrderPlaceInput:
    """What for whom, and who pays."""

    account_id: strawberry.ID = strawberry.field(description="Account that pays.")
    lines: list[OrderLineInput] = strawberry.field(description="What for whom, 1–20; more than 100 cards are filled by a job.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    receipt_emails: list[EmailAddress] | None = strawberry.field(default=None, description="More addresses for the receipt, at most 4.")
    locale: Locale | None = strawberry.field(default=None, description="Language of the receipt, the viewer's if null.")
    purchase_order_number: str | None = strawberry.field(default=None, description="Purchase order number.")
    external_reference: str | None = strawberry.field(
        default=None, description="The client's own reference, unique in the organization."
    )
    memo: str | None = strawberry.field(default=None, description="Note, shown on the bill.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )

    def to_selection(self) -> OrderSelection:
        """The cards of each line."""
        return OrderSelection([line.sims.to_selection() for line in self.lines])

    def to_request(self, viewer: AnyLocale, few: Sequence[Sequence[UUID]] | None) -> PlaceOrder:
        """The domain's request, with the cards of each line when they are few; the viewer's language unless another is asked for."""
        cards = few or [()] * len(self.lines)
        return PlaceOrder(
            account_id=decode_as(Kind.ACCOUNT, self.account_id, "accountId"),
            lines=[line.to_line(place, ids) for place, (line, ids) in enumerate(zip(self.lines, cards, strict=True))],
            locale=self.locale or viewer,
            receipt_emails=self.receipt_emails or [],
            purchase_order_number=self.purchase_order_number,
            external_reference=self.external_reference,
            memo=self.memo,
            policy=self.error_policy,
        )


@planned_input("Input of `orderCancel`.")
class OrderCancelInput:
    """Which order, and what of it."""

    order_id: strawberry.ID = strawberry.field(description="Order.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    item_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only these items, at most 100; all if null.")


@planned_input("Input of `orderReceiptSend`.")
class OrderReceiptSendInput:
    """Which receipt, and where to."""

    order_id: strawberry.ID = strawberry.field(description="Order.")
    emails: list[EmailAddress] = strawberry.field(description="Where to, 1–5.")


@planned_input("Input of `productUpdate`.")
class ProductUpdateInput:
    """Which product, and whether it buys itself again."""

    product_id: strawberry.ID = strawberry.field(description="Product.")
    is_renewing: bool = strawberry.field(description="Buy again at the end.")
