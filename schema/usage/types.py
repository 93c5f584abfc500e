"""Usage records, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.kernel.ids import Kind
from domain.usage.queries import UsageRecordRow
from schema.bundles import loaders as bundle_loaders
from schema.bundles.types import Bucket
from schema.engine.fields import batched, itself, plain, rows_of
from schema.kernel import masks
from schema.kernel.context import Context
from schema.kernel.figures import FigureSource, Measured, Money, Quantity, UsageType
from schema.kernel.nodes import Node, global_id
from schema.sims import loaders as sim_loaders
from schema.usage import loaders
from schema.usage.enums import UsageDirection

if TYPE_CHECKING:
    from schema.sims.types import Sim
    from schema.wallet.types import LedgerTransfer
else:
    LedgerTransfer = Annotated["LedgerTransfer", strawberry.lazy("schema.wallet.types")]
    Sim = Annotated["Sim", strawberry.lazy("schema.sims.types")]


def _other_party(row: UsageRecordRow, context: Context) -> str | None:
    """Masked for support."""
    return masks.phone(context, row.other_party)


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

    sim: Sim = batched(sim_loaders.sims_named, key="sim_id", description="Number it was made on.")
    other_party: str | None = plain(_other_party, description="Other number or address, masked by role.")
    bucket: Bucket | None = batched(bundle_loaders.buckets, key="bucket_id", description="What paid for it.")
    transfer: LedgerTransfer | None = batched(loaders.bookings, key=itself, description="Movement of money it went into.")
