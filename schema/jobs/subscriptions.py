"""Listening to jobs."""

from collections.abc import AsyncGenerator
from typing import Annotated, cast

import strawberry

from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, decode_as
from schema.jobs import loaders
from schema.jobs.types import Job
from schema.kernel.context import Info


@strawberry.type
class JobsSubscription:
    """How far jobs are."""

    @strawberry.subscription(description="A job's progress, at most twice a second and at its end.")
    async def job_progress(
        self, info: Info, job_id: Annotated[strawberry.ID, strawberry.argument(description="Job.")]
    ) -> AsyncGenerator[Job, None]:
        """Whoever does the job, and in whatever process; the asker's rights are looked at anew for each event."""
        context, id = info.context, decode_as(Kind.JOB, job_id, "jobId")
        if context.live is None:
            raise TypeError("a subscription is served over a socket")
        if await context.load(loaders.jobs, id) is None:
            raise NotFound(field=("jobId",))
        async for _ in context.live.news_of_job(id):
            await context.live.renew()
            job = await context.load(loaders.jobs, id)
            if job is None:
                raise NotFound(field=("jobId",))
            yield cast(Job, job)
