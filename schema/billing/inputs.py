"""What a client may send about bills."""

import strawberry

from domain.billing.lines import LineFilter
from domain.billing.queries import BillFilter
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind, decode_as
from schema.billing.enums import BillLineKind, BillState
from schema.kernel.figures import UsageType


@strawberry.input(description="Which bills.")
class BillFilterInput:
    """All given conditions hold."""

    months: list[JalaliMonth] | None = strawberry.field(default=None, description="Cycles, at most 24.")
    states: list[BillState] | None = strawberry.field(default=None, description="States.")
    is_overdue: bool | None = strawberry.field(default=None, description="Overdue or not.")

    def to_filter(self) -> BillFilter:
        """The domain's filter."""
        return BillFilter(self.months, self.states, self.is_overdue)


@strawberry.input(description="Which bill lines.")
class BillLineFilterInput:
    """All given conditions hold."""

    sim_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these cards, at most 100.")
    cost_centre_id: strawberry.ID | None = strawberry.field(default=None, description="Of this cost centre.")
    kinds: list[BillLineKind] | None = strawberry.field(default=None, description="Kinds.")
    service: UsageType | None = strawberry.field(default=None, description="Service.")
    placed_by_id: strawberry.ID | None = strawberry.field(default=None, description="Bought by this person.")

    def to_filter(self) -> LineFilter:
        """The domain's filter."""
        cards = [decode_as(Kind.SIM, id, "filter", "simIds") for id in self.sim_ids] if self.sim_ids is not None else None
        centre = decode_as(Kind.COST_CENTRE, self.cost_centre_id, "filter", "costCentreId") if self.cost_centre_id else None
        buyer = decode_as(Kind.PERSON, self.placed_by_id, "filter", "placedById") if self.placed_by_id else None
        return LineFilter(cards, centre, self.kinds, self.service, buyer)
