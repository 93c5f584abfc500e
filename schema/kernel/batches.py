"""Batched reads that are a query in the viewer's scope and nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.kernel.context import Context
from store.session import Session

Key = TypeVar("Key")
Value = TypeVar("Value")
Query = Callable[[Session, Scope, Sequence[Key]], Awaitable[list[Value]]]
"""What answers a value for each key in scope, in their order."""


def in_scope(permission: Permission, query: Query[Key, Value]) -> Callable[[Context, list[Key]], Awaitable[list[Value]]]:
    """A batched read by a query, of what the viewer reaches with a right; who doesn't hold it gets `Forbidden`."""

    async def read(context: Context, keys: list[Key]) -> list[Value]:
        scope = context.scope(permission)
        async with context.read() as session:
            return await query(session, scope, keys)

    read.__qualname__, read.__annotations__["return"] = query.__qualname__, query.__annotations__["return"]  # what rows it brings
    return read
