"""Publishing outages."""

from typing import Annotated, cast

import strawberry

from domain.content import service
from domain.content.service import SaveIncident
from domain.kernel.ids import Kind, decode_as
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.content import loaders
from schema.content.types import Incident
from schema.kernel.context import Info
from schema.kernel.figures import PeriodInput, UsageType
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem


@planned_input("Input of `incidentSave`.")
class IncidentSaveInput:
    """A notice as it should be; its words are in the language of the request."""

    incident_id: strawberry.ID | None = strawberry.field(default=None, description="Incident to change; null makes one.")
    title: str = strawberry.field(description="Headline.")
    text: str = strawberry.field(description="Text.")
    services: list[UsageType] = strawberry.field(description="Services hit.")
    period: PeriodInput = strawberry.field(description="When.")

    def to_request(self, locale: Locale) -> SaveIncident:
        """The domain's request."""
        id = decode_as(Kind.INCIDENT, self.incident_id, "incidentId") if self.incident_id else None
        return SaveIncident(id, locale, self.title, self.text, self.services, self.period.starts_at, self.period.ends_at)


@strawberry.type(description="What `incidentSave` did.")
class IncidentSavePayload(Planned):
    """The plan, and the notice once it exists."""

    incident: Incident | None = strawberry.field(description="The notice.")


IncidentSaveResult = Annotated[
    IncidentSavePayload | PlanStale | Problem, strawberry.union("IncidentSaveResult", description="Outcome of `incidentSave`.")
]


@strawberry.type
class ContentMutation:
    """The operator's own."""

    @strawberry.mutation(description="Publishes, changes or ends an outage notice.", extensions=[Needs(Permission.CONTENT_MANAGE)])
    async def incident_save(self, info: Info, scope: Scope, input: Requested[IncidentSaveInput]) -> IncidentSaveResult:
        """In PLAN a new one isn't there yet, a known one is shown as it still is."""
        wanted = input.to_request(info.context.locale)
        done = await info.context.write(info, scope, input, lambda work: service.incident_save(work, wanted))
        id = done.result["incident"] if done.result else wanted.id
        incident = await info.context.load(loaders.incidents, id) if id else None
        return IncidentSavePayload(plan=Plan.of(done.plan), incident=cast(Incident | None, incident))
