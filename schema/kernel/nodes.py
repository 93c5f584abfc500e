"""Global ids: the Node interface and how a thing of each kind is found again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import strawberry
from strawberry.extensions import FieldExtension

from domain.kernel.errors import AccessError
from domain.kernel.ids import Kind, Ref, encode
from schema.engine.fields import plain
from schema.kernel.context import Context, Info
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
    _note(context, row)
    return row


async def found(context: Context, refs: list[Ref]) -> list[Any]:
    """The rows behind references, as `find` has them but for the look; those of a kind that can't be read are the fault of it."""
    ids: dict[Kind, list[UUID]] = {}
    for ref in refs:
        if ref.kind in FINDERS:
            ids.setdefault(ref.kind, []).append(ref.id)
    reading = (context.loaders.load_many(FINDERS[kind], of_kind) for kind, of_kind in ids.items())
    reads = await asyncio.gather(*reading, return_exceptions=True)
    rows: dict[Ref, Any] = {}
    for (kind, of_kind), read in zip(ids.items(), reads, strict=True):
        rows |= {Ref(kind, id): read if isinstance(read, BaseException) else read[index] for index, id in enumerate(of_kind)}
    return [rows.get(ref) for ref in refs]


async def found_of(context: Context, lists: list[tuple[Ref, ...]]) -> list[list[Any] | BaseException]:
    """The same for lists of references: what is there and may be seen of each."""
    refs = list({ref: None for part in lists for ref in part})
    rows = dict(zip(refs, await found(context, refs), strict=True))
    return [_seen([rows[ref] for ref in part]) for part in lists]


def _seen(rows: list[Any]) -> list[Any] | BaseException:
    """What was found, or a fault that isn't the viewer's want of a right."""
    faults = (row for row in rows if isinstance(row, BaseException) and not isinstance(row, AccessError))
    return next(faults, None) or [row for row in rows if row is not None and not isinstance(row, BaseException)]


class Found(FieldExtension):
    """For batched fields that find things by their ids, as `find` does: seeing them is a look."""

    def allows(self, context: Context) -> bool:
        """Everybody: what may not be seen isn't found."""
        return True

    def seen(self, context: Context, shown: Sequence[tuple[Any, Any]]) -> None:
        """Notes what compiled code showed."""
        for _, value in shown:
            _note(context, value)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        """Notes what was found."""
        value = await next_(source, info, **kwargs)
        _note(info.context, value)
        return value


def _note(context: Context, value: Any) -> None:
    is_by_operator = context.actor is not None and context.actor.ref.is_operator
    for row in value if isinstance(value, list) else [value]:
        if row is not None:
            note_found(context.looks, row, is_by_operator=is_by_operator)
