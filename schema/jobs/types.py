"""Jobs and their rows, as a client sees them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.jobs import queries
from domain.jobs.queries import JobLine
from domain.jobs.queries import JobRow as OneJob
from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from schema.engine.fields import batched, plain, rows_of
from schema.files.loaders import documents_named
from schema.files.types import Document
from schema.jobs.enums import JobKind, JobRowState, JobState
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.nodes import Found, Node, found, global_id
from schema.kernel.outcomes import Problem, failure_of
from schema.kernel.pages import Connection
from schema.people.actors import Actor


@strawberry.type(description="A row of a job.")
class JobRow:
    """Served from `JobLine`."""

    index: int = strawberry.field(description="Place, from 1; the line of a sent file.")
    label: str = strawberry.field(description="Number or name as sent.")
    state: JobRowState = strawberry.field(description="State it is in now.")

    is_type_of = rows_of(JobLine)

    subject: Node | None = batched(found, key="subject", description="What it is about, null if unknown.", extensions=[Found()])
    failure: Problem | None = plain(failure_of, description="Why it failed.")


def _files(row: OneJob) -> tuple[UUID, tuple[UUID, ...]]:
    return row.organization_id, row.documents


@strawberry.type(description="Work that runs in the background, row by row.")
class Job(Node):
    """Served from the domain's `JobRow`."""

    id: strawberry.ID = global_id(Kind.JOB)
    kind: JobKind = strawberry.field(description="What it does.")
    state: JobState = strawberry.field(description="State it is in now.")
    by: Actor = strawberry.field(description="Who did it.")
    total: int | None = strawberry.field(description="Rows in all, null while unknown.")
    succeeded: int = strawberry.field(description="Rows done well.")
    failed: int = strawberry.field(description="Rows failed.")
    created_at: datetime = strawberry.field(description="When it was made.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    expected_at: datetime | None = strawberry.field(description="Expected end.")

    is_type_of = rows_of(OneJob)

    documents: list[Document] = batched(documents_named, key=_files, description="Files it made: export, rejects; at most 5.")

    @strawberry.field(description="Rows in order.")
    async def rows(
        row: strawberry.Parent[OneJob],
        info: Info,
        states: Annotated[list[JobRowState] | None, strawberry.argument(description="States.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[JobRow]:
        """One page."""
        window = Window.of(first, after, last, before)
        return await Connection[JobRow].read(
            info.context, lambda session: queries.lines_page(session, row.organization_id, row.id, window=window, states=states)
        )
