"""Notes what an answer shows of a customer: every field that declares a right passes here, so that no newcomer can forget it."""

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter, eq
from typing import Any
from uuid import UUID

from domain.audit.looking import Looks
from domain.kernel.ids import Kind, Ref
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope

SENSITIVE = frozenset({Permission.USAGE_READ, Permission.BILL_READ, Permission.PUK_REVEAL})
"""Rights whose use is written down before the answer, whoever asks; the operator's people are written down so for everything."""

_ID, _ORGANIZATION, _PATH, _NODE = map(attrgetter, ("id", "organization_id", "path", "node"))
_KINDS = {kind.name.title().replace("_", "") + "Row": kind for kind in Kind}


def kind_of(row_class: type[Any]) -> Kind | None:
    """What rows of a class are of by their name: `CostCentreRow` is a COST_CENTRE; null for parts of things, such as figures."""
    return _KINDS.get(row_class.__name__)


def note(looks: Looks, scope: Scope, source: Any, result: Any) -> None:
    """Notes what a field showed, null and failures apart: its rows, or what they are part of; an empty list is a look at its owner."""
    if result is None:
        return
    if scope.permission in SENSITIVE or scope.actor.is_operator:
        looks.is_sensitive = True
    rows = _rows(result) or [None]
    if _noted_together(looks, rows):
        return
    owner = _organization_of(source) or _only_organization(scope)
    for row in rows:
        organization_id = _organization_of(row) or owner
        if organization_id is not None:
            looks.saw(organization_id, _path_of(row, source), _ref_of(row) or _ref_of(source))


def _noted_together(looks: Looks, rows: Sequence[Any]) -> bool:
    """Notes rows at once, where all are of one kind and one organization and tell their places; no step of Python for each of them."""
    (row_class, *others), kind = set(map(type, rows)), kind_of(type(rows[0]))
    if others or kind is None or not all(hasattr(row_class, name) for name in ("id", "organization_id", "path")):
        return False
    organization_id, paths = rows[0].organization_id, set(map(_PATH, rows))
    if organization_id is None or None in paths or not all(map(eq, repeat(organization_id), map(_ORGANIZATION, rows))):
        return False
    look = looks.at(organization_id)
    look.paths |= paths
    look.named(kind, map(_ID, rows))
    return True


def note_shown(looks: Looks, scope: Scope, shown: Sequence[tuple[Any, Any]]) -> None:
    """Notes what a field showed of each of many rows, none of it null."""
    rows, values = zip(*shown, strict=True) if shown else ((), ())
    parts = {kind for kind in set(map(type, values)) if kind_of(kind) is None and not issubclass(kind, list)}
    if not parts.issuperset(map(type, values)):
        for row, value in shown:
            if type(value) not in parts:
                note(looks, scope, row, value)
        rows = tuple(row for row, value in shown if type(value) in parts)
    if rows:
        note(looks, scope, None, rows)


def note_found(looks: Looks, row: Any, *, is_by_operator: bool) -> None:
    """Notes a thing that was found by its id."""
    organization_id = _organization_of(row)
    if organization_id is not None:
        looks.is_sensitive |= is_by_operator
        looks.saw(organization_id, _path_of(row, None), _ref_of(row))


def _rows(result: Any) -> Sequence[Any]:
    """The rows of a page, a list or a single thing."""
    edges = getattr(result, "edges", None)
    if edges is not None:
        return list(map(_NODE, edges))
    return result if isinstance(result, list | tuple) else [result]


def _organization_of(row: Any) -> UUID | None:
    organization_id: UUID | None = getattr(row, "organization_id", None)
    if organization_id is None and row is not None and kind_of(type(row)) is Kind.ORGANIZATION:
        return row.id  # type: ignore[no-any-return]
    return organization_id


def _only_organization(scope: Scope) -> UUID | None:
    """The organization of somebody who reaches just one."""
    known = {part.organization_id for part in scope.reach} | {group.organization_id for group in scope.groups}
    return next(iter(known)) if len(known) == 1 else None


def _ref_of(row: Any) -> Ref | None:
    kind = kind_of(type(row))
    return Ref(kind, row.id) if kind is not None else None


def _path_of(row: Any, source: Any) -> str | None:
    """The place of what was seen; the organization itself has none, and a thing that doesn't tell its place may be anywhere in it."""
    path: str | None = getattr(row, "path", None)
    if path is None:
        path = getattr(source, "path", None)
    if path is not None:
        return path
    shown = source if row is None else row
    return None if kind_of(type(shown)) is Kind.ORGANIZATION else ""
