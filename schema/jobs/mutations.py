"""Stopping jobs."""

from typing import Annotated, cast

import strawberry

from domain.jobs import service
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.ids import Kind, decode_as
from schema.jobs import loaders
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem


@planned_input("Input of `jobCancel`.")
class JobCancelInput:
    """Which job."""

    job_id: strawberry.ID = strawberry.field(description="Job.")


@strawberry.type(description="What `jobCancel` did.")
class JobCancelPayload(Planned):
    """The plan, and the job as it is now."""

    job: Job = strawberry.field(description="The background run, when there is one.")


JobCancelResult = Annotated[
    JobCancelPayload | PlanStale | Problem, strawberry.union("JobCancelResult", description="Outcome of `jobCancel`.")
]


@strawberry.type
class JobsMutation:
    """What can be done to a job that runs."""

    @strawberry.mutation(description="Stops a job; rows done stay done. Needs the right that began it.")
    async def job_cancel(self, info: Info, input: Requested[JobCancelInput]) -> JobCancelResult:
        """In PLAN the job is shown as it goes on."""
        context, id = info.context, decode_as(Kind.JOB, input.job_id, "jobId")
        if context.asking().is_read_only:
            raise Forbidden
        job = await context.load(loaders.jobs, id)
        if job is None:
            raise NotFound(field=("jobId",))
        done = await context.write(info, context.scope(job.permission), input, lambda work: service.cancel(work, id))
        return JobCancelPayload(plan=Plan.of(done.plan), job=cast(Job, await context.load(loaders.jobs, id)))
