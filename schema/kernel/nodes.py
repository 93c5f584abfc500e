"""Global ids: the Node interface and how a thing of each kind is found again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from domain.kernel.ids import Kind, Ref, encode
from schema.engine.fields import plain
from schema.kernel.context import Context
from schema.kernel.looks import note_found

Batch = Callable[[Context, list[UUID]], Awaitable[list[Any]]]
FINDERS: dict[Kind, Batch] = {}
"""For each kind a batched read that returns rows in order, null for what is not in the viewer's scope."""


@strawberry.interface(description="Anything that can be fetched again by its global id.")
class Node:
    """Every noun of the contract."""

    id: strawberry.ID = strawberry.field(description="Opaque global id.")


def global_id(kind: Kind) -> Any:
    """The `id` field of a type whose rows carry their UUID as `id`."""

    def id_of(row: Any) -> strawberry.ID:
        return strawberry.ID(encode(kind, row.id))

    return plain(id_of, description="Global id.", needs=("id",))


async def find(context: Context, ref: Ref) -> Any:
    """The row behind a reference, null when it is out of scope, gone or of a kind that is never fetched again; seeing it is a look."""
    batch = FINDERS.get(ref.kind)
    if batch is None:
        return None
    row = await context.load(batch, ref.id)
    if row is not None:
        note_found(context.looks, row, is_by_operator=context.actor is not None and context.actor.ref.is_operator)
    return row
