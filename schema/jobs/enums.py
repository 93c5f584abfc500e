"""The words of jobs, as a client sees them."""

import strawberry

from domain.jobs.states import JobKind, JobRowState, JobState

strawberry.enum(JobKind, description="What a job does.")
strawberry.enum(JobState, description="State of a job.")
strawberry.enum(JobRowState, description="State of a row.")

__all__ = ["JobKind", "JobRowState", "JobState"]
