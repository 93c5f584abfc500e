"""What is taken away from the product to see what guarding a read costs: limits, cost and budget, scope, access log; never the sign-in.

A process that has called `take_away` is for measuring alone. Everything it replaces must exist, so that a renamed guard is noticed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from api import graphql
from api.budget import Budget
from auth.actor import Actor
from domain.kernel.permissions import Permission
from domain.kernel.scope import SYSTEM, Reach, Scope
from schema.kernel import limits, needs, nodes, texts
from schema.kernel.context import Context, Info
from schema.kernel.needs import Needs

_EVERYTHING = {permission: Scope(SYSTEM, permission, (Reach(None),), datetime.min.replace(tzinfo=UTC)) for permission in Permission}


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _one(*_: Any, **__: Any) -> int:
    return 1


async def _one_later(*_: Any, **__: Any) -> int:
    return 1


async def _nothing_later(*_: Any, **__: Any) -> None:
    return None


def _any_scope(_: Context, permission: Permission) -> Scope:
    return _EVERYTHING[permission]


async def _straight(self: Needs, next_: Any, source: Any, info: Info, **kwargs: Any) -> Any:
    if self._takes_scope:
        kwargs["scope"] = _EVERYTHING[self.permission]
    return await next_(source, info, **kwargs)


def _always(*_: Any, **__: Any) -> bool:
    return True


GUARDS: Final[Sequence[tuple[Any, str, Any]]] = (
    (texts, "check_variables", _nothing),
    (limits, "cost", _one),
    (graphql, "objects_in", _one),
    (Budget, "take", _one_later),
    (Budget, "settle", _one_later),
    (Actor, "scope", lambda _, permission, __: _EVERYTHING[permission]),
    (Context, "scope", _any_scope),
    (Needs, "allows", _always),
    (Needs, "seen", _nothing),
    (Needs, "resolve_async", _straight),
    (needs, "note", _nothing),
    (nodes, "note_found", _nothing),
    (Context, "settle_looks", _nothing_later),
)
"""Whose attribute, its name, and what stands there instead."""


def take_away() -> None:
    """Replaces the guards of this process."""
    for owner, name, instead in GUARDS:
        if not hasattr(owner, name):
            raise LookupError(f"{owner.__name__} has no {name} any more: say in {__name__} what guards a read now")
        setattr(owner, name, instead)
