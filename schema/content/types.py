"""Help, links and outages, as a client sees them."""

import strawberry

from domain.content.library import HelpArticleRow, LinkRow
from domain.content.queries import IncidentRow
from domain.kernel.ids import Kind
from schema.content import loaders
from schema.engine.fields import plain, rows_of
from schema.kernel.figures import Period, UsageType
from schema.kernel.nodes import FINDERS, Node, global_id
from schema.kernel.scalars import URL


@strawberry.type(description="An answer to a common question.")
class HelpArticle(Node):
    """Served from `HelpArticleRow`."""

    id: strawberry.ID = global_id(Kind.HELP_ARTICLE)
    title: str = strawberry.field(description="Question.")
    body: str = strawberry.field(description="Answer in Markdown.")
    category: str = strawberry.field(description="Shelf.")

    is_type_of = rows_of(HelpArticleRow)


@strawberry.type(description="A link to show.")
class Link:
    """Served from `LinkRow`."""

    label: str = strawberry.field(description="Text.")
    url: URL = strawberry.field(description="Address.")
    icon: str = strawberry.field(description="Icon to show: telegram, store, phone …")

    is_type_of = rows_of(LinkRow)


def _period(row: IncidentRow) -> Period:
    """Half-open."""
    return Period(starts_at=row.starts_at, ends_at=row.ends_at)


@strawberry.type(description="An outage known to us (TMF656).")
class Incident(Node):
    """Served from `IncidentRow`."""

    id: strawberry.ID = global_id(Kind.INCIDENT)
    title: str = strawberry.field(description="Headline.")
    text: str = strawberry.field(description="Text to show.")
    services: list[UsageType] = strawberry.field(description="Services hit, at most one of each.")

    is_type_of = rows_of(IncidentRow)

    period: Period = plain(_period, description="When.", needs=("starts_at", "ends_at"))


FINDERS[Kind.HELP_ARTICLE] = loaders.articles
FINDERS[Kind.INCIDENT] = loaders.incidents
