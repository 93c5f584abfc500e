"""Publishing, changing and ending outage notices (SF-57)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.audit.writing import Result, Work
from domain.content import rules
from domain.content.tables import Incident, IncidentChange
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.locale import Locale
from domain.kernel.quantity import UsageType


@dataclass(frozen=True, slots=True)
class SaveIncident:
    """A notice as it should be, its words in one language; without an id it is a new one, without a start it starts now or as it did."""

    id: UUID | None
    locale: Locale
    title: str
    text: str
    services: Sequence[UsageType]
    starts_at: datetime | None
    ends_at: datetime | None


async def incident_save(work: Work, wanted: SaveIncident) -> Result:
    """Makes or changes a notice: `incident`; its words in other languages stay. Raises `NotFound`, `InvalidInput`."""
    title, text = rules.words(wanted.title, rules.LONGEST_TITLE, "title"), rules.words(wanted.text, rules.LONGEST_TEXT, "text")
    services = [service.value for service in rules.services(wanted.services)]
    incident = await _locked(work, wanted.id) if wanted.id else None
    starts_at = wanted.starts_at or (incident.starts_at if incident else work.at)
    rules.check_period(starts_at, wanted.ends_at)
    had = (incident.words.get(wanted.locale) or {}) if incident else {}
    before = {
        "title": had.get("title"), "text": had.get("text"), "services": ", ".join(incident.services) if incident else None,
        "period.startsAt": incident.starts_at if incident else None, "period.endsAt": incident.ends_at if incident else None,
    }  # fmt: skip
    after = {
        "title": title, "text": text, "services": ", ".join(services),
        "period.startsAt": starts_at if incident or wanted.starts_at else "now", "period.endsAt": wanted.ends_at,
    }  # fmt: skip
    subject = Ref(Kind.INCIDENT, incident.id) if incident else None
    for field, value in after.items():
        if value != before[field]:
            work.changed(subject, title, field, before[field], value)
    if incident is None:
        incident = Incident(id=uuid7(), locale=wanted.locale, words={}, services=services, starts_at=starts_at)
        work.sql.add(incident)
    incident.words = {**incident.words, wanted.locale.value: {"title": title, "text": text}}
    incident.services, incident.starts_at, incident.ends_at = services, starts_at, wanted.ends_at
    await work.sql.flush()
    if work.changes:
        changes = [change.as_json() for change in work.changes]
        work.sql.add(IncidentChange(id=uuid7(), incident_id=incident.id, at=work.at, by=work.scope.actor.as_json(), changes=changes))
    return {"incident": incident.id}


async def _locked(work: Work, id: UUID) -> Incident:
    incident = (await work.sql.scalars(select(Incident).where(col(Incident.id) == id).with_for_update())).one_or_none()
    if incident is None:
        raise NotFound(field=("incidentId",))
    return incident
