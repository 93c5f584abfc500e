"""How a schema declares which of its fields can be compiled, and how they resolve where they are not."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, Protocol, TypeVar, runtime_checkable

import strawberry
from strawberry.extensions import FieldExtension

Key = TypeVar("Key")
Load = Callable[[Any, list[Key]], Awaitable[Sequence[Any]]]
"""A batched read: `load(context, keys)` answers a value for each key, in their order; one that is an exception is raised there alone."""

DECLARED = "schema.engine"
"""Where in a field's metadata its declaration stands."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An attribute of a row, looked up in a table where there is one."""

    name: str
    table: Mapping[Any, Any] | None = None

    def of(self, row: Any) -> Any:
        """Its value."""
        value = getattr(row, self.name)
        return value if self.table is None else self.table[value]


@dataclass(frozen=True, slots=True)
class Plain:
    """A field computed from its row, and from the request's context where the function takes one."""

    function: Callable[..., Any]
    takes_context: bool
    needs: frozenset[str] | None = None
    """The attributes of the row it reads; null when it doesn't say."""
    pieces: Mapping[str, Piece] | None = None
    """What it answers by its attributes, where all of these are pieces of the row: whoever reads one of them need not make it."""


@dataclass(frozen=True, slots=True)
class Batched:
    """A field loaded for all rows together by a key that each row has; without a key it is null."""

    load: Load[Any]
    key: str | tuple[str, ...] | Callable[[Any], Any]
    takes_wanted: bool = False
    """Whether it is `load(context, keys, wanted)`, where `wanted` names the attributes that will be read; null is all of them."""

    def reading(self, wanted: frozenset[str] | None) -> Load[Any]:
        """The read for what is wanted: one and the same for the same."""
        return _reading(self.load, wanted) if self.takes_wanted else self.load


@lru_cache(maxsize=1000)
def _reading(load: Any, wanted: frozenset[str] | None) -> Load[Any]:
    return partial(_read, load, wanted)


async def _read(load: Any, wanted: frozenset[str] | None, context: Any, keys: list[Any]) -> Sequence[Any]:
    return await load(context, keys, wanted)  # type: ignore[no-any-return]


@runtime_checkable
class Guard(Protocol):
    """A field extension that only lets pass or refuses: where it allows, the field behaves as if it had no such extension.

    One with a method `seen(context, shown)` is told afterwards what was shown: pairs of a row and what of it wasn't null.
    """

    def allows(self, context: Any) -> bool:
        """Whether this viewer may see the field; decided once for each `view`."""


def plain(
    function: Callable[..., Any], *, description: str, name: str | None = None, extensions: Sequence[FieldExtension] = (),
    needs: Iterable[str] | None = None,
) -> Any:  # fmt: skip
    """A field without arguments that is `function(row, context)` or `function(row)`: synchronous, without effects.

    `needs` names the attributes of the row that the function reads, for those who fetch rows for exactly what is selected.
    """
    names = frozenset(needs) if needs is not None else None
    declared = Plain(function, takes_context=len(inspect.signature(function).parameters) > 1, needs=names)
    return _plain(declared, description=description, name=name, extensions=extensions)


def made_of(kind: Callable[..., Any], *, description: str, name: str | None = None, **pieces: str | tuple[str, Mapping[Any, Any]]) -> Any:
    """A field of a type of its own, never null, that is made of its row: `kind` of attributes of that by the names they have in the thing.

    A pair is an attribute and the table that it is looked up in, which has it. `kind` does no more than hold its pieces.
    """
    known = {of: Piece(piece) if isinstance(piece, str) else Piece(*piece) for of, piece in pieces.items()}

    def of_row(row: Any) -> Any:
        return kind(**{of: piece.of(row) for of, piece in known.items()})

    declared = Plain(of_row, takes_context=False, needs=frozenset(piece.name for piece in known.values()), pieces=known)
    return _plain(declared, description=description, name=name)


def _plain(declared: Plain, *, description: str, name: str | None = None, extensions: Sequence[FieldExtension] = ()) -> Any:
    function = declared.function

    def with_context(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        return function(root, info.context)

    def of_row(root: strawberry.Parent[Any]) -> Any:
        return function(root)

    return strawberry.field(
        resolver=with_context if declared.takes_context else of_row, name=name, description=description,
        extensions=list(extensions), metadata={DECLARED: declared},
    )  # fmt: skip


def batched(
    load: Load[Any], *, key: str | tuple[str, ...] | Callable[[Any], Any], description: str, name: str | None = None,
    extensions: Sequence[FieldExtension] = (),
) -> Any:  # fmt: skip
    """A field without arguments, loaded for all rows together by a key of each: an attribute, a tuple of some, or a function of it."""
    declared = Batched(load, key, takes_wanted=len(inspect.signature(load).parameters) > 2)
    key_of = key if callable(key) else attrgetter(*((key,) if isinstance(key, str) else key))
    read = declared.reading(None)

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        wanted = key_of(root)
        value = None if wanted is None else await info.context.loaders.load(read, wanted)
        if isinstance(value, BaseException):
            raise value
        return value

    return strawberry.field(
        resolver=resolve, name=name, description=description, extensions=list(extensions), metadata={DECLARED: declared}
    )


def itself(row: Any) -> Any:
    """The row again, for a field that shows a part of it as a thing of its own: `validity: Validity = plain(itself, …)`."""
    return row


def rows_of(*classes: type[Any]) -> Any:
    """The `is_type_of` of a type that is served from rows of these classes; being a matter of class, it is asked once for each."""

    def is_type_of(row: Any, _info: Any) -> bool:
        return isinstance(row, classes)

    is_type_of.by_class = True  # type: ignore[attr-defined]
    return staticmethod(is_type_of)
