"""Bringing an uploaded file in."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.imports import running
from domain.imports.running import ImportKind
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.jobs import loaders
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import BulkErrorPolicy, IdempotencyConflict, Plan, Planned, PlanStale, Problem

strawberry.enum(ImportKind, description="What can be imported.")


@planned_input("Input of `importCreate`.", has_key=True)
class ImportCreateInput:
    """Which file becomes what."""

    kind: ImportKind = strawberry.field(description="What its rows are; a company imports holders, the operator everything.")
    organization_id: strawberry.ID = strawberry.field(description="Organization; rows of others are left out.")
    upload_id: strawberry.ID = strawberry.field(description="Uploaded file: CSV, XLSX or JSON lines, gzipped or not.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )


@strawberry.type(description="What `importCreate` did.")
class ImportCreatePayload(Planned):
    """The plan, and the job that reads the file."""

    job: Job | None = strawberry.field(description="The background run, when there is one.")


ImportCreateResult = Annotated[
    ImportCreatePayload | PlanStale | IdempotencyConflict | Problem,
    strawberry.union("ImportCreateResult", description="Outcome of `importCreate`."),
]


@strawberry.type
class ImportsMutation:
    """Files in."""

    @strawberry.mutation(
        description="Brings an uploaded file in, in the background; rows left out come back as a file. Needs `import:create`.",
        extensions=[Needs(Permission.IMPORT_CREATE)],
    )
    async def import_create(self, info: Info, scope: Scope, input: Requested[ImportCreateInput]) -> ImportCreateResult:
        """The plan says how many rows the file has; what each comes to is decided by the job."""
        context = info.context
        upload_id = decode_as(Kind.UPLOAD, input.upload_id, "uploadId")
        organization_id = decode_as(Kind.ORGANIZATION, input.organization_id, "organizationId")
        total = await running.count_rows(context.database, scope, input.kind, upload_id, organization_id)
        done = await context.write(
            info, scope, input,
            lambda work: running.create(
                work, input.kind, upload_id, organization_id, input.error_policy, total=total, locale=context.locale
            ),
        )  # fmt: skip
        job_id = cast(UUID | None, done.result["job"]) if done.result else None
        return ImportCreatePayload(plan=Plan.of(done.plan), job=cast(Job, await context.load(loaders.jobs, job_id)) if job_id else None)
