"""Activating, blocking and unblocking SIM cards."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.audit.writing import Done
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims import service
from domain.sims.rules import Bar
from schema.jobs import loaders as job_loaders
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import BulkErrorPolicy, IdempotencyConflict, Plan, Planned, PlanStale, Problem, RowsRejected
from schema.sims import loaders
from schema.sims.enums import Barring, SimStatusReason
from schema.sims.inputs import SimSelectionInput
from schema.sims.types import Sim


@planned_input("Input of `simActivate`.")
class SimActivateInput:
    """Which cards."""

    sims: SimSelectionInput = strawberry.field(description="SIM cards to act on.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )


@planned_input("Input of `simBlock`.")
class SimBlockInput:
    """Which cards, and how they are barred."""

    sims: SimSelectionInput = strawberry.field(description="SIM cards to act on.")
    reason: SimStatusReason = strawberry.field(description="Why: LOST, REQUEST or FRAUD; UNPAID for the operator only.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    barring: Barring = strawberry.field(default=Barring.ALL, description="What is barred.")
    until: datetime | None = strawberry.field(default=None, description="When it ends by itself.")
    note: str | None = strawberry.field(default=None, description="Words for the audit.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )


@planned_input("Input of `simUnblock`.")
class SimUnblockInput:
    """Which cards."""

    sims: SimSelectionInput = strawberry.field(description="SIM cards to act on.")
    idempotency_key: UUID = strawberry.field(description="Makes a retry safe.")
    note: str | None = strawberry.field(default=None, description="Words for the audit.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )


@strawberry.type(description="What `simActivate` did.")
class SimActivatePayload(Planned):
    """The plan and the cards."""

    sims: list[Sim] = strawberry.field(description="Cards done at once, at most 100; empty in PLAN and when a job runs.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


@strawberry.type(description="What `simBlock` did.")
class SimBlockPayload(Planned):
    """The plan and the cards."""

    sims: list[Sim] = strawberry.field(description="Cards done at once, at most 100; empty in PLAN and when a job runs.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


@strawberry.type(description="What `simUnblock` did.")
class SimUnblockPayload(Planned):
    """The plan and the cards."""

    sims: list[Sim] = strawberry.field(description="Cards done at once, at most 100; empty in PLAN and when a job runs.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


SimActivateResult = Annotated[
    SimActivatePayload | RowsRejected | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("SimActivateResult", description="Outcome of `simActivate`."),
]
SimBlockResult = Annotated[
    SimBlockPayload | RowsRejected | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("SimBlockResult", description="Outcome of `simBlock`."),
]
SimUnblockResult = Annotated[
    SimUnblockPayload | RowsRejected | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("SimUnblockResult", description="Outcome of `simUnblock`."),
]


async def shown(info: Info, done: Done) -> dict[str, Any]:
    """A payload: the plan, and the cards that were done as they are now, or the job that does them."""
    result = done.result or {}
    ids: list[UUID] = result.get("sims", [])
    found = await asyncio.gather(*(info.context.load(loaders.sims, id) for id in ids))
    job = await info.context.load(job_loaders.jobs, result["job"]) if "job" in result else None
    return {"plan": Plan.of(done.plan), "sims": [row for row in found if row is not None], "job": job}


@strawberry.type
class SimsMutation:
    """Changes of state, of some cards at once and of many by a job."""

    @strawberry.mutation(description="Activates SIM cards.", extensions=[Needs(Permission.SIM_ACTIVATE)])
    async def sim_activate(self, info: Info, scope: Scope, input: Requested[SimActivateInput]) -> SimActivateResult:
        """READY_TO_ACTIVATE becomes ACTIVE."""
        done = await info.context.write_many(info, scope, input, service.ACTIVATE, {}, input.sims.to_selection())
        return SimActivatePayload(**await shown(info, done))

    @strawberry.mutation(
        description="Bars SIM cards: BLOCKED, or SUSPENDED when an end is given.", extensions=[Needs(Permission.SIM_BLOCK)]
    )
    async def sim_block(self, info: Info, scope: Scope, input: Requested[SimBlockInput]) -> SimBlockResult:
        """With a reason and, if given, words for the audit."""
        request = service.block_request(Bar(input.reason, input.barring, input.until), input.note)
        done = await info.context.write_many(info, scope, input, service.BLOCK, request, input.sims.to_selection())
        return SimBlockPayload(**await shown(info, done))

    @strawberry.mutation(description="Lifts a bar set by the company.", extensions=[Needs(Permission.SIM_BLOCK)])
    async def sim_unblock(self, info: Info, scope: Scope, input: Requested[SimUnblockInput]) -> SimUnblockResult:
        """Only whoever set a bar lifts it."""
        done = await info.context.write_many(info, scope, input, service.UNBLOCK, {"note": input.note}, input.sims.to_selection())
        return SimUnblockPayload(**await shown(info, done))
