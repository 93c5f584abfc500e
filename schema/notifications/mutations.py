"""Marking notices as read; no plan, as the feed is the viewer's own."""

from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from domain.kernel.ids import Kind, decode_as
from domain.notifications import feed
from schema.kernel.context import Info
from schema.kernel.inputs import Requested
from schema.kernel.outcomes import Problem

if TYPE_CHECKING:
    from schema.signing_in.types import Viewer
else:
    Viewer = Annotated["Viewer", strawberry.lazy("schema.signing_in.types")]


@strawberry.input(description="Input of `notificationMarkRead`.")
class NotificationMarkReadInput:
    """Which ones."""

    notification_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Notices, at most 100; all if null.")

    def to_ids(self) -> list[UUID] | None:
        """Null for all."""
        if self.notification_ids is None:
            return None
        given = enumerate(self.notification_ids)
        return [decode_as(Kind.NOTIFICATION, id, "notificationIds", str(place)) for place, id in given]


@strawberry.type(description="What `notificationMarkRead` did.")
class NotificationMarkReadPayload:
    """The viewer now."""

    viewer: Viewer = strawberry.field(description="The viewer.")


NotificationMarkReadResult = Annotated[
    NotificationMarkReadPayload | Problem, strawberry.union("NotificationMarkReadResult", description="Outcome of `notificationMarkRead`.")
]


@strawberry.type
class NotificationsMutation:
    """The viewer's own feed."""

    @strawberry.mutation(description="Marks notices as read; the viewer's own feed, so no plan.")
    async def notification_mark_read(self, info: Info, input: Requested[NotificationMarkReadInput]) -> NotificationMarkReadResult:
        """Those read before stay as they are."""
        context = info.context
        context.asking().own_session()
        ids = input.to_ids()
        async with context.database.write() as session:
            await feed.mark_read(session, context.asking().person_id, ids, at=context.now)
        context.loaders.clear()
        return NotificationMarkReadPayload(viewer=cast(Viewer, context.actor))
