"""Notes what an answer shows of a customer: every field that declares a right passes here, so that no newcomer can forget it."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import attrgetter, eq
from typing import Any
from uuid import UUID

from domain.audit.looking import MOST_SUBJECTS, Looks
from domain.kernel.ids import Kind, Ref
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope

SENSITIVE = frozenset({Permission.USAGE_READ, Permission.BILL_READ, Permission.PUK_REVEAL})
"""Rights whose use is written down before the answer, whoever asks; the operator's people are written down so for everything."""

_ORGANIZATION, _PATH, _NODE = attrgetter("organization_id"), attrgetter("path"), attrgetter("node")
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
    owner = _organization_of(source) or _only_organization(scope)
    for row in rows if len(rows) <= MOST_SUBJECTS else _telling(rows):
        organization_id = _organization_of(row) or owner
        if organization_id is not None:
            look = looks.at(organization_id)
            look.saw(_path_of(row, source), None if look.is_full else _ref_of(row) or _ref_of(source))


def _telling(rows: Sequence[Any]) -> Iterable[Any]:
    """The rows that add something to what is known: those that will be named, and one for each further place and organization."""
    if not all(hasattr(kind, name) for kind in set(map(type, rows)) for name in ("id", "organization_id", "path")):
        return rows
    first = rows[0].organization_id
    if first is None or not all(map(eq, repeat(first), map(_ORGANIZATION, rows))):
        return rows
    named: dict[UUID, Any] = {}
    for row in rows:
        named[row.id] = row
        if len(named) == MOST_SUBJECTS:
            break
    # no step of Python for each row, and no hash of an id, which costs as much as all the rest
    return [*named.values(), *dict(zip(map(_PATH, rows), rows, strict=True)).values()]


def note_shown(looks: Looks, scope: Scope, shown: Sequence[tuple[Any, Any]]) -> None:
    """Notes what a field showed of each of many rows, none of it null."""
    parts = {kind for kind in {type(value) for _, value in shown} if kind_of(kind) is None and not issubclass(kind, list)}
    owners = [row for row, value in shown if type(value) in parts]
    if len(owners) < len(shown):
        for row, value in shown:
            if type(value) not in parts:
                note(looks, scope, row, value)
    if owners:
        note(looks, scope, None, owners)


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
    known = {part.organization_id for part in scope.reach}
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
