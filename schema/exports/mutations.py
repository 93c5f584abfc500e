"""Making lists into files."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.accounts.queries import accounts_by_ids, top_account
from domain.exports import service
from domain.exports.service import Wish
from domain.exports.sources import ExportKind, Place, Span, permission_of
from domain.files.writing import ExportFormat
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, Ref, decode
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.jobs import loaders
from schema.jobs.types import Job
from schema.kernel.context import Context, Info
from schema.kernel.figures import PeriodInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem
from schema.sims.inputs import SimFilterInput

strawberry.enum(ExportKind, description="What can be exported.")
strawberry.enum(ExportFormat, description="Format of an export.")


@planned_input("Input of `exportCreate`.")
class ExportCreateInput:
    """What becomes a file."""

    kind: ExportKind = strawberry.field(description="What to export.")
    format: ExportFormat = strawberry.field(default=ExportFormat.CSV, description="File format.")
    subject_id: strawberry.ID = strawberry.field(description="Of what: organization or account.")
    during: PeriodInput | None = strawberry.field(default=None, description="Span, where rows have a time.")
    sims: SimFilterInput | None = strawberry.field(default=None, description="Which SIM cards.")


@strawberry.type(description="What `exportCreate` did.")
class ExportCreatePayload(Planned):
    """The plan, and the job that makes the file."""

    job: Job | None = strawberry.field(description="The background run, when there is one.")


ExportCreateResult = Annotated[
    ExportCreatePayload | PlanStale | Problem, strawberry.union("ExportCreateResult", description="Outcome of `exportCreate`.")
]


@strawberry.type
class ExportsMutation:
    """Lists as files."""

    @strawberry.mutation(
        description="Makes a file in the background. Needs `export:create` and the right to see its rows.",
        extensions=[Needs(Permission.EXPORT_CREATE)],
    )
    async def export_create(self, info: Info, scope: Scope, input: Requested[ExportCreateInput]) -> ExportCreateResult:
        """Usage leaves an entry in the access log, as looking at it does."""
        context = info.context
        rows_scope = context.scope(permission_of(input.kind))
        subject, place = await _place(context, rows_scope, input.subject_id)
        span = Span(input.during.starts_at, input.during.ends_at) if input.during else Span()
        wish = Wish(input.kind, input.format, place, span, input.sims.to_filter() if input.sims else None)
        done = await context.write(info, scope, input, lambda work: service.create(work, rows_scope, wish, locale=context.locale))
        if input.kind is ExportKind.USAGE and done.result is not None:
            context.looks.is_sensitive = True
            context.looks.saw(place.organization_id, place.path, subject)
        job_id = cast(UUID | None, done.result["job"]) if done.result else None
        return ExportCreatePayload(plan=Plan.of(done.plan), job=cast(Job, await context.load(loaders.jobs, job_id)) if job_id else None)


async def _place(context: Context, scope: Scope, subject_id: str) -> tuple[Ref, Place]:
    """The organization or account whose rows are wanted, in scope; anything else is `NotFound`."""
    subject = decode(subject_id)
    async with context.read() as session:
        if subject.kind is Kind.ORGANIZATION:
            top = await top_account(session, scope, subject.id)
            if top is not None:
                return subject, Place(subject.id, top.path)
        if subject.kind is Kind.ACCOUNT:
            (account,) = await accounts_by_ids(session, scope, [subject.id])
            if account is not None:
                return subject, Place(account.organization_id, account.path)
    raise NotFound(field=("subjectId",))
