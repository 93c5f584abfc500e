"""Notices, as a client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Page, Window
from domain.notifications import queries
from domain.notifications.queries import NotificationRow
from schema.engine.fields import batched, plain, rows_of
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last
from schema.kernel.nodes import Found, Node, global_id
from schema.kernel.pages import Connection
from schema.notifications import loaders


def _title(row: NotificationRow, context: Context) -> str:
    """In the viewer's language."""
    return row.title(context.locale)


def _text(row: NotificationRow, context: Context) -> str:
    """In the viewer's language."""
    return row.text(context.locale)


@strawberry.type(description="A notice in the viewer's feed.")
class Notification(Node):
    """Served from `NotificationRow`."""

    id: strawberry.ID = global_id(Kind.NOTIFICATION)
    title: str = plain(_title, description="Headline.")
    text: str = plain(_text, description="Text to show.")
    at: datetime = strawberry.field(description="When it happened.")
    read_at: datetime | None = strawberry.field(description="Read when.")

    is_type_of = rows_of(NotificationRow)

    subject: Node | None = batched(loaders.subjects, key="subject", description="What to open.", extensions=[Found()])


async def notifications_of_viewer(
    root: strawberry.Parent[Any],
    info: Info,
    unread_only: Annotated[bool, strawberry.argument(description="Unread ones only.")] = False,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Notification]:
    """`Viewer.notifications`: one page, newest first."""
    window, person_id = Window.of(first, after, last, before), loaders.reader(info.context.asking())
    if person_id is None:
        return Connection[Notification].of(Page([], [], has_next=False, has_previous=False))
    return await Connection[Notification].read(
        info.context, lambda session: queries.notices_page(session, person_id, window, unread_only=unread_only)
    )
