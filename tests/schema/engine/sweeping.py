"""Every kind of leaf with every value, and every kind of row in every place, one by one: what chance may miss."""

import dataclasses
from collections.abc import Callable, Iterator
from copy import copy
from typing import Annotated, Any

import msgspec
import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.engine.fields import rows_of
from tests.schema.engine.comparing import Count, Mismatch, by_core, compare
from tests.schema.engine.random_schemas import LEAVES, NATIVES, SCALARS, WRONG, Awaited, Context, Dynamic, Loose, Quiet, Twin


class BareRow(msgspec.Struct):
    """A row with nothing but its attributes."""

    text: Any
    number: Any = 1


@dataclasses.dataclass
class DictRow:
    """A row with a dict."""

    text: Any
    number: Any = 1


@strawberry.interface
class Texted:
    """What all types have."""

    text: str


@strawberry.type
class Bare(Texted):
    """Told by class."""

    number: int
    is_type_of = rows_of(BareRow)


@strawberry.type
class Dicted(Texted):
    """Told row by row."""

    number: int

    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> bool:
        """Rows with an even number are of another type."""
        return isinstance(obj, DictRow) and obj.number != 2


@strawberry.type
class Left(Texted):
    """Told by what the row says."""

    number: int

    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> bool:
        """Left ones."""
        return isinstance(obj, Twin) and obj.side == "left" and info.field_name != "nobody"


@strawberry.type
class Right(Texted):
    """The other one."""

    number: int

    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> bool:
        """Right ones."""
        return isinstance(obj, Twin) and obj.side == "right"


@strawberry.type
class Own(Texted):
    """Served from its instances."""

    number: int


@strawberry.type
class Free:
    """Nobody asks its rows."""

    text: str
    number: int


Any_ = Annotated[Bare | Dicted | Left | Right | Own | Free, strawberry.union("Any")]
PLACES = {"bare": Bare, "dicted": Dicted, "left": Left, "right": Right, "own": Own, "free": Free, "texted": Texted, "any": Any_}


def _rows() -> Iterator[Any]:
    """Rows of all kinds, right and wrong, anew."""
    own, free, cast = Own(text="own", number=1), Free(text="free", number=1), DictRow("cast")
    yield from (BareRow("bare"), DictRow("dict"), DictRow("even", 2), own, free, strawberry.cast(Own, cast), strawberry.cast(Free, DictRow("free")))
    yield from (Twin(side=side, text=side, number=1) for side in ("left", "right", "middle", "left"))
    yield from (Loose(text="loose", number=1), Loose(text="loose"), Dynamic(text="dynamic", number=1), Dynamic(text="dynamic"))
    yield from (Awaited(BareRow("awaited")), Awaited(own), Awaited(None))
    yield from WRONG


def _around(types: dict[str, Any]) -> dict[str, Any]:
    """Each type nullable, required and in lists."""
    annotations: dict[str, Any] = {}
    for name, type_ in types.items():
        annotations |= {f"{name}_null": type_ | None, f"{name}_must": type_, f"{name}_many": list[type_ | None] | None, f"{name}_all": list[type_]}
    return annotations


def _selection(field: str) -> str:
    """What is asked for below a field of rows."""
    own = {"any": "... on Texted { text } ... on Free { text number }", "texted": "text"}.get(field.partition("_")[0])
    return f"{{ {own} ... on Left {{ number }} ... on Bare {{ n: number }} __typename }}" if own else "{ number __typename text }"


async def sweep(count: Count) -> None:
    """Compares on all of it; raises `Mismatch` at the first difference."""
    fields = _around({name: leaf.type for name, leaf in LEAVES.items()})
    kinds = {field: LEAVES[field.rpartition("_")[0]] for field in fields}
    values = {field: [None, *kind.usual, *kind.unusual, *kind.wrong, *WRONG] for field, kind in kinds.items()}
    await _sweep(fields, values, lambda field: "", count)
    fields = _around(PLACES)
    for turn in (1, -1):
        await _sweep(fields, {field: [None, *_rows()][::turn] for field in fields}, _selection, count)


async def _sweep(fields: dict[str, Any], values: dict[str, list[Any]], selection: Callable[[str], str], count: Count) -> None:
    held = strawberry.type(type("Held", (), {"__annotations__": fields, "__module__": __name__}))
    query = strawberry.type(type("Query", (), {"__annotations__": {"one": held}, "one": strawberry.field(resolver=_one)}))
    schema = Quiet(query=query, types=[Bare, Dicted, Left, Right, Own, Free], config=StrawberryConfig(scalar_map=SCALARS))
    documents = Documents(schema, kept=len(values), natives=NATIVES)
    for field, each in values.items():
        source = f"{{ one {{ {schema.config.name_converter.apply_naming_config(field)} {selection(field)} }} }}"
        operation = documents.prepared(source).operation(None)
        assert operation is not None, documents.prepared(source).errors
        for value in each:
            context = Context(Loose(**{field: [value, value] if field.endswith(("many", "all")) else value}), 0)
            core = await by_core(operation, {}, context)
            for is_native in (False, True):
                before = copy(operation.engine.stats)
                ours = await run(schema, operation, {}, context, native=is_native)
                count.note(before, operation.engine.stats)
                try:
                    compare(core, ours, is_native=is_native)
                except Mismatch as mismatch:
                    raise Mismatch(f"{field} {value!r}\n{mismatch}") from None


def _one(info: strawberry.Info) -> Any:
    return info.context.world
