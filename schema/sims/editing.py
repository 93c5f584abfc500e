"""Changing what a SIM card is known by, which device it works in and which card a number is on."""

from typing import Annotated, cast
from uuid import UUID

import strawberry
from strawberry import UNSET

from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims import edits, locking, replacing
from domain.sims.labels import Edit, Keep
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import (
    BulkErrorPolicy,
    IdempotencyConflict,
    Plan,
    Planned,
    PlanStale,
    Problem,
    RowsRejected,
    StepUpRequired,
)  # fmt: skip
from schema.kernel.scalars import IMEI
from schema.sims import loaders
from schema.sims.enums import SimStatusReason
from schema.sims.inputs import SimSelectionInput
from schema.sims.mutations import shown
from schema.sims.types import Sim


@strawberry.input(description="The employee who carries a SIM card.")
class HolderInput:
    """A name, and a number inside the company."""

    name: str = strawberry.field(description="Name in full.")
    employee_number: str | None = strawberry.field(default=None, description="Number in the company.")


@planned_input("Input of `simUpdate`.")
class SimUpdateInput:
    """Which cards, and what changes; what is absent stays, null empties."""

    sims: SimSelectionInput = strawberry.field(description="SIM cards to act on.")
    holder: HolderInput | None = strawberry.field(default=UNSET, description="Employee who carries it.")
    cost_centre_code: str | None = strawberry.field(default=UNSET, description="Code of the cost centre, made if new.")
    add_tags: list[str] | None = strawberry.field(default=None, description="Tags to add, at most 20.")
    remove_tags: list[str] | None = strawberry.field(default=None, description="Tags to take away, at most 20.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )

    def to_edit(self) -> Edit:
        """The domain's edit."""
        holder = self.holder
        return Edit(
            holder=Keep.AS_IT_IS if holder is UNSET else (holder.name, holder.employee_number) if holder else None,
            cost_centre=Keep.AS_IT_IS if self.cost_centre_code is UNSET else self.cost_centre_code,
            add_tags=tuple(self.add_tags or ()),
            remove_tags=tuple(self.remove_tags or ()),
        )


@planned_input("Input of `simImeiLock`.")
class SimImeiLockInput:
    """Which card, and which device."""

    sim_id: strawberry.ID = strawberry.field(description="SIM card to act on.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    imei: IMEI | None = strawberry.field(default=None, description="Device; null frees it.")


@planned_input("Input of `simReplace`.")
class SimReplaceInput:
    """Which line, which card, and why."""

    sim_id: strawberry.ID = strawberry.field(description="Card with the number.")
    spare_sim_id: strawberry.ID = strawberry.field(description="Spare card to take it.")
    reason: SimStatusReason = strawberry.field(description="Why: LOST or REQUEST.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")


@strawberry.type(description="What `simUpdate` did.")
class SimUpdatePayload(Planned):
    """The plan and the cards."""

    sims: list[Sim] = strawberry.field(description="Cards done at once, at most 100; empty in PLAN and when a job runs.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


@strawberry.type(description="What `simImeiLock` did.")
class SimImeiLockPayload(Planned):
    """The plan and the card."""

    sim: Sim = strawberry.field(description="The card.")


@strawberry.type(description="What `simReplace` did.")
class SimReplacePayload(Planned):
    """The plan and the card."""

    sim: Sim = strawberry.field(description="The card: the line, which is on its new plastic.")


SimUpdateResult = Annotated[
    SimUpdatePayload | RowsRejected | PlanStale | Problem, strawberry.union("SimUpdateResult", description="Outcome of `simUpdate`.")
]
SimImeiLockResult = Annotated[
    SimImeiLockPayload | StepUpRequired | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("SimImeiLockResult", description="Outcome of `simImeiLock`."),
]
SimReplaceResult = Annotated[
    SimReplacePayload | StepUpRequired | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("SimReplaceResult", description="Outcome of `simReplace`."),
]


@strawberry.type
class SimEditsMutation:
    """Changes of cards apart from their state."""

    @strawberry.mutation(description="Changes holder, cost centre and tags.", extensions=[Needs(Permission.SIM_EDIT)])
    async def sim_update(self, info: Info, scope: Scope, input: Requested[SimUpdateInput]) -> SimUpdateResult:
        """What is absent stays as it is, null empties."""
        request = edits.edit_request(input.to_edit())
        done = await info.context.write_many(info, scope, input, edits.UPDATE, request, input.sims.to_selection())
        return SimUpdatePayload(**await shown(info, done))

    @strawberry.mutation(description="Ties a SIM card to one device, or frees it.", extensions=[Needs(Permission.SIM_LOCK)])
    async def sim_imei_lock(self, info: Info, scope: Scope, input: Requested[SimImeiLockInput]) -> SimImeiLockResult:
        """Acting takes a proof of the last five minutes."""
        sim_id, proof = decode_as(Kind.SIM, input.sim_id, "simId"), info.context.asking().proof
        done = await info.context.write(info, scope, input, lambda work: locking.lock_device(work, proof, sim_id, input.imei))
        return SimImeiLockPayload(plan=Plan.of(done.plan), sim=cast(Sim, await info.context.load(loaders.sims, sim_id)))

    @strawberry.mutation(description="Puts the number on another, spare card.", extensions=[Needs(Permission.SIM_REPLACE)])
    async def sim_replace(self, info: Info, scope: Scope, input: Requested[SimReplaceInput]) -> SimReplaceResult:
        """Acting takes a proof of the last five minutes; the line keeps its id, holder and bundles."""
        sim_id, spare_id = decode_as(Kind.SIM, input.sim_id, "simId"), decode_as(Kind.SIM, input.spare_sim_id, "spareSimId")
        sealer, proof = info.context.parts.sealer, info.context.asking().proof
        done = await info.context.write(
            info, scope, input, lambda work: replacing.replace(work, sealer, proof, sim_id, spare_id, input.reason)
        )
        return SimReplacePayload(plan=Plan.of(done.plan), sim=cast(Sim, await info.context.load(loaders.sims, sim_id)))
