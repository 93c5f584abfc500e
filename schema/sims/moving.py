"""Moving SIM cards to another account."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.hierarchy import service
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import BulkErrorPolicy, Planned, PlanStale, Problem, RowsRejected
from schema.sims.inputs import SimSelectionInput
from schema.sims.mutations import shown
from schema.sims.types import Sim


@planned_input("Input of `simMove`.")
class SimMoveInput:
    """Which cards go where, and when."""

    sims: SimSelectionInput = strawberry.field(description="SIM cards to act on.")
    account_id: strawberry.ID = strawberry.field(description="Account from then.")
    effective_at: datetime | None = strawberry.field(default=None, description="Instant it takes effect; now if null.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )


@strawberry.type(description="What `simMove` did.")
class SimMovePayload(Planned):
    """The plan and the cards."""

    sims: list[Sim] = strawberry.field(description="Cards done at once, at most 100; empty in PLAN and when a job runs.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


SimMoveResult = Annotated[
    SimMovePayload | RowsRejected | PlanStale | Problem, strawberry.union("SimMoveResult", description="Outcome of `simMove`.")
]


@strawberry.type
class SimMoveMutation:
    """Where cards stand."""

    @strawberry.mutation(
        description="Moves SIM cards to another account from an instant on; past usage and bills stay.",
        extensions=[Needs(Permission.SIM_MOVE)],
    )
    async def sim_move(self, info: Info, scope: Scope, input: Requested[SimMoveInput]) -> SimMoveResult:
        """Up to 100 at once, more by a job."""
        request = service.move_request(decode_as(Kind.ACCOUNT, input.account_id, "accountId"), input.effective_at)
        done = await info.context.write_many(info, scope, input, service.MOVE, request, input.sims.to_selection())
        return SimMovePayload(**await shown(info, done))
