"""Which log entries are wanted."""

import strawberry

from domain.audit.queries import LogFilter
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, Ref, decode, decode_as
from schema.kernel.figures import PeriodInput


@strawberry.input(description="Which log entries.")
class LogFilterInput:
    """All given conditions hold."""

    during: PeriodInput | None = strawberry.field(default=None, description="Within.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="On this object.")
    person_id: strawberry.ID | None = strawberry.field(default=None, description="By this person.")
    is_by_operator: bool | None = strawberry.field(
        default=None, description="By the operator's people only; false for everybody else's."
    )
    action: str | None = strawberry.field(default=None, description="Mutation or document name.")

    def to_filter(self) -> LogFilter:
        """The domain's filter."""
        return LogFilter(
            starts_at=self.during.starts_at if self.during else None,
            ends_at=self.during.ends_at if self.during else None,
            subject=_subject(self.subject_id) if self.subject_id else None,
            person_id=decode_as(Kind.PERSON, self.person_id, "filter", "personId") if self.person_id else None,
            is_by_operator=self.is_by_operator,
            action=self.action,
        )


def _subject(global_id: str) -> Ref:
    try:
        return decode(global_id)
    except NotFound:
        raise NotFound(field=("filter", "subjectId")) from None
