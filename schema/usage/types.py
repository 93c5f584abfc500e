"""Usage records, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from domain.kernel.ids import Kind
from domain.usage.queries import UsageRecordRow
from schema.bundles import loaders as bundle_loaders
from schema.bundles.types import Bucket
from schema.engine.fields import rows_of
from schema.kernel import masks
from schema.kernel.context import Info
from schema.kernel.figures import FigureSource, Measured, Money, Quantity, UsageType
from schema.kernel.nodes import Node, global_id
from schema.sims import loaders as sim_loaders
from schema.usage.enums import UsageDirection

if TYPE_CHECKING:
    from schema.sims.types import Sim
else:
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


@strawberry.type(description="One event of usage (TMF635); a call's record is a CDR.")
class UsageRecord(Node, Measured):
    """Served from `UsageRecordRow`."""

    id: strawberry.ID = global_id(Kind.USAGE_RECORD)
    service: UsageType = strawberry.field(description="Service.")
    direction: UsageDirection = strawberry.field(description="Direction of the traffic.")
    destination: str | None = strawberry.field(description="Where to or where, by tariff zone.")
    is_roaming: bool = strawberry.field(description="Made abroad.")
    started_at: datetime = strawberry.field(description="Start.")
    duration_seconds: int | None = strawberry.field(description="Length in seconds, null for messages.")
    quantity: Quantity = strawberry.field(description="Seconds, bytes or parts.")
    charge: Money = strawberry.field(description="Charge without tax.")
    is_included: bool = strawberry.field(description="Covered by a bundle (TMF635 rating tag).")
    as_of: datetime = strawberry.field(description="Complete up to here.")
    source: FigureSource = strawberry.field(description="Counted by.")

    is_type_of = rows_of(UsageRecordRow)

    @strawberry.field(description="Number it was made on.")
    async def sim(self, info: Info) -> Sim:
        """Read together with all others."""
        return cast(Sim, await info.context.load(sim_loaders.sims, cast(UsageRecordRow, self).sim_id))

    @strawberry.field(description="Other number or address, masked by role.")
    def other_party(self, info: Info) -> str | None:
        """Masked for support."""
        return masks.phone(info.context, cast(UsageRecordRow, self).other_party)

    @strawberry.field(description="What paid for it.")
    async def bucket(self, info: Info) -> Bucket | None:
        """Read together with all others."""
        id = cast(UsageRecordRow, self).bucket_id
        return cast(Bucket | None, await info.context.load(bundle_loaders.buckets, id)) if id else None
