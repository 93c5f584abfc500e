"""Random strawberry schemas with rows to serve them from: every kind of field the engine knows, and values that don't fit their types."""

import asyncio
import dataclasses
import enum
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from types import ModuleType
from typing import Annotated, Any, NewType, Union
from uuid import UUID

import msgspec
import strawberry
from graphql import Undefined
from strawberry.extensions import FieldExtension
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from schema.engine.fields import batched, made_of, plain, rows_of
from schema.engine.loading import Loaders
from schema.engine.natives import Native

MSISDN = NewType("MSISDN", str)
Odd = NewType("Odd", int)


class Hue(enum.StrEnum):
    """Texts, of which some are names of others."""

    RED = "red"
    BLUE = "RED"
    GREEN = "green"


class Size(enum.Enum):
    """Values of any kind."""

    SMALL = 1
    LARGE = "LARGE"
    EMPTY = ""


class Rank(enum.IntEnum):
    """Numbers."""

    FIRST = 1
    LAST = 99


for each in (Hue, Size, Rank):
    strawberry.enum(each)


class Text(str):
    """A text that isn't just a text."""


class Table(dict[Any, Any]):
    """A table that has everything, often nothing for it."""

    def __getitem__(self, key: Any) -> Any:
        return {str: "a text", int: 7}.get(type(key))


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _exact(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _odd(value: Any) -> Any:
    if value % 2 == 0:
        raise ValueError(f"{value} is even")
    return None if value == 13 else value


def _scalar(name: str, serialize: Any) -> Any:
    return strawberry.scalar(name=name, serialize=serialize, parse_value=str)


SCALARS: Any = {
    MSISDN: _scalar("MSISDN", str), Odd: _scalar("Odd", _odd), datetime: _scalar("DateTime", _instant), Decimal: _scalar("Decimal", _exact),
}  # fmt: skip
NATIVES = {
    "DateTime": [Native(datetime, when="{}.tzinfo is UTC", names={"UTC": UTC})],
    "Decimal": [Native(int, "str({})", is_text=True), Native(Decimal, "format({}, 'f')", is_text=True)],
    "UUID": [Native(UUID)],
    "Date": [Native(date)],
}
TEHRAN = timezone(timedelta(hours=3, minutes=30))
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)



@dataclasses.dataclass(frozen=True, slots=True)
class LeafKind:
    """A scalar or enum: its type in Python, usual values, unusual ones that are legal all the same, and some that nearly are."""

    type: Any
    usual: list[Any]
    unusual: list[Any]
    wrong: list[Any]


LEAVES: dict[str, LeafKind] = {
    each.type.__name__: each
    for each in (
        LeafKind(str, ["a", "é\"\n<", ""], [Text("text"), 7, 1.5, True, Hue.RED], [b"bytes", ["a"]]),
        LeafKind(int, [0, -(2**31), 2**31 - 1], [True, False, 2.0, "12", Decimal(3), Rank.LAST], [2**31, -(2**31) - 1, 1.5, "x", ""]),
        LeafKind(float, [1.5, -0.0, 1e300], [2, True, "1.25", Decimal("0.5")], [float("nan"), float("inf"), -float("inf"), "x", 10**400]),
        LeafKind(bool, [True, False], [0, 1, 2.0], ["true", float("nan"), ""]),
        LeafKind(strawberry.ID, ["id", ""], [5, -7, 3.0, UUID(int=1)], [True, 1.5, b"id"]),
        LeafKind(Hue, [*Hue], ["red", "RED", "green"], ["BLUE", "x", Rank.FIRST]),
        LeafKind(Size, [*Size], [1, "LARGE", "", True, 1.0], ["SMALL", 2, Hue.RED, []]),
        LeafKind(Rank, [*Rank], [1, 99, True], [2, "FIRST", {}]),
        LeafKind(datetime, [NOW, NOW.replace(microsecond=1200), datetime(5, 1, 1, tzinfo=UTC)], [NOW.astimezone(TEHRAN)], [NOW.date(), "x", 1]),
        LeafKind(Decimal, [Decimal("1.50"), 12, 10**30], [Decimal("1E+3"), -5, True, "text"], [Decimal("NaN")]),
        LeafKind(UUID, [UUID(int=5), UUID(int=2**127)], ["not really", 5], []),
        LeafKind(date, [date(2026, 1, 31), date(7, 1, 1)], [NOW], ["2026-01-01", 1]),
        LeafKind(MSISDN, ["+989351234567", ""], [98, Text("+98"), 1.5], []),
        LeafKind(Odd, [1, 3], [2**40 + 1], [2, 13, "x"]),
        LeafKind(JSON, [{"a": [1, None, "x"]}, [], "text"], [1.25, False, Text("text")], [ValueError("as a value")]),
    )
}
WAYS = {
    "attribute": 60, "plain": 10, "plain with context": 4, "plain and guarded": 3, "guarded": 3, "batched": 16, "made": 6,
    "opaque": 0.5, "argument": 0.5, "resolver": 0.5, "later": 0.5,
}  # fmt: skip
"""How fields come by their values, and how often."""
MOST_ROWS = 30
COMMON = ("str", "int", "float", "bool", "Hue", "Size", "datetime", "Decimal")


WRONG = [
    None, float("nan"), "text", 2**40, True, ValueError("as a value"), [], {}, {"a": 1}, 12, b"bytes", (1, 2), Undefined, ValueError, {1}, "red",
    "no such thing", Decimal("NaN"), NOW.replace(tzinfo=None), [None], ["x"], Hue.RED, Size.SMALL, 13, 14,
]  # fmt: skip
"""Values that hardly fit anywhere."""


class Guarded(FieldExtension):
    """Lets pass from some level on."""

    def __init__(self, level: int) -> None:
        self.level = level

    def allows(self, context: Any) -> bool:
        """Whether the viewer's level is high enough."""
        return bool(context.level >= self.level)

    def seen(self, context: Any, shown: list[tuple[Any, Any]]) -> None:
        """Notes what compiled code showed."""
        context.seen.update(id(row) for row, _ in shown)

    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        """Refuses, or notes what is shown."""
        if not self.allows(info.context):
            raise PermissionError(f"needs level {self.level}")
        value = next_(source, info, **arguments)
        if value is not None:
            info.context.seen.add(id(source))
        return value

    async def resolve_async(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        """Refuses, or notes what is shown."""
        if not self.allows(info.context):
            raise PermissionError(f"needs level {self.level}")
        value = await next_(source, info, **arguments)
        if value is not None:
            info.context.seen.add(id(source))
        return value


class Opaque(FieldExtension):
    """Changes what resolvers return, so that its field can't be compiled."""

    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        """Turns a text round."""
        value = next_(source, info, **arguments)
        return value[::-1] if isinstance(value, str) else value


class Context:
    """One request on one world."""

    def __init__(self, world: "World", level: int) -> None:
        self.world = world
        self.level = level
        self.loaders = Loaders(self)
        self.seen: set[int] = set()
        """Rows of which something was shown behind guards."""


class Loose:
    """A row with its attributes in a dict."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Twin(Loose):
    """A row that only itself knows the type of."""


class Awaited:
    """A row that is awaited by who looks closely; who doesn't finds something else in it."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def __await__(self) -> Any:
        return self._row
        yield

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return {"text": "hasty", "number": -1}.get(name)


class Dynamic:
    """A row that makes its attributes up when they are asked for."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._values:
            raise AttributeError(name)
        return self._values[name]


@dataclasses.dataclass(slots=True)
class Field:
    """One field of a type: how it is declared, and how good values of it are made."""

    name: str
    type: str
    """Name of its leaf, object type, interface or union."""
    wrappers: str
    """From outside: `!` required, `[` list."""
    how: str
    leaf: LeafKind | None

    @property
    def annotation(self) -> str:
        """Its type in Python."""
        written, is_required = self.type, True
        for wrapper in reversed(self.wrappers):
            if wrapper == "!":
                is_required = True
            else:
                written, is_required = f"list[{written if is_required else written + ' | None'}]", False
        return written if is_required and self.wrappers.startswith("!") else f"{written} | None"

    @property
    def graphql_name(self) -> str:
        """Its name in documents."""
        first, second = self.name.split("_")
        return first + second.upper()

    @property
    def attribute(self) -> str:
        """What of a row holds its value, or its key."""
        return self.name if self.how in {"attribute", "guarded", "opaque"} else f"{'k' if self.how == 'batched' else 'h'}_{self.name}"


@dataclasses.dataclass(slots=True)
class Kind:
    """One object type with the class of its rows."""

    name: str
    fields: list[Field]
    make: Callable[[dict[str, Any]], Any]


@dataclasses.dataclass(slots=True)
class Made:
    """A random schema, and what it takes to fill worlds for it."""

    schema: strawberry.Schema
    kinds: dict[str, Kind]
    groups: dict[str, list[str]]
    """The object types of interfaces and unions."""


class World:
    """Rows for one execution, the same for the same seed; of the values a document asks for, some share is wrong."""

    def __init__(self, made: Made, seed: int, faults: float, document: str) -> None:
        self.loaded: dict[tuple[str, int], Any] = {}
        self._made = made
        self._random = Random(seed)
        self._faults = self._share = faults
        self._document = document
        self._seed = seed
        self._waiting: list[Any] = []
        self._is_spent = False
        self._rows = 0
        self._roots: list[Any] = []
        self._given = 0

    def close(self) -> None:
        """Closes what nobody awaited."""
        for coroutine in self._waiting:
            coroutine.close()

    def again(self) -> "World":
        """The world as it was before its first execution: itself, unless it held what can be used only once."""
        self.close()
        if self._waiting or self._is_spent:
            return World(self._made, self._seed, self._share, self._document)
        self._given = 0
        return self

    def root(self, type_: str, wrappers: str) -> Any:
        """The value of the next root field."""
        if self._given == len(self._roots):
            self._roots.append(self._wrapped(wrappers, lambda: self._row(type_, 0), 0))
        self._given += 1
        return self._roots[self._given - 1]

    def _row(self, name: str, depth: int) -> Any:
        kind = self._made.kinds[self._random.choice(self._made.groups.get(name, [name]))]
        self._rows += 1
        values = {field.attribute: self._held(field, depth) for field in kind.fields}
        row = kind.make(values)
        self._faults = self._share / 2
        return self._wrong_row(row, values) if self._is_wrong() else row

    def _is_wrong(self) -> bool:
        return self._random.random() < self._faults

    def _held(self, field: Field, depth: int) -> Any:
        """What a row holds for a field: its value, or the key by which it is loaded."""
        self._faults = self._share if field.graphql_name in self._document else 0
        value = self._wrapped(field.wrappers, lambda: self._value(field, depth), depth)
        if field.how != "batched":
            return value
        if self._is_wrong() or (value is None and self._random.random() < 0.5):
            return None
        known = [key for name, key in self.loaded if name == field.name]
        if known and self._random.random() < 0.3:
            return self._random.choice(known)
        self.loaded[field.name, len(self.loaded)] = value
        return len(self.loaded) - 1

    def _value(self, field: Field, depth: int) -> Any:
        if field.leaf is None:
            return self._row(field.type, depth + 1)
        if self._is_wrong():
            return self._random.choice(field.leaf.wrong if field.leaf.wrong and self._random.random() < 0.7 else WRONG)
        return self._random.choice(field.leaf.usual if self._random.random() < 0.7 else field.leaf.unusual)

    def _wrapped(self, wrappers: str, make: Callable[[], Any], depth: int) -> Any:
        is_late = self._rows > MOST_ROWS
        if self._random.random() < self._faults / 3:
            return self._random.choice([None, None, *WRONG])
        if not wrappers.startswith("!") and (is_late or self._random.random() < 0.15):
            return None
        rest = wrappers.removeprefix("!")
        if not rest.startswith("["):
            return self._later(make()) if self._random.random() < self._faults / 4 else make()
        length = 0 if is_late else self._random.choice((0, 1, 2, 3) if depth < 2 else (0, 1, 1))
        items = [self._wrapped(rest[1:], make, depth + 1) for _ in range(length)]
        if not self._is_wrong():
            return items
        self._is_spent = True
        return self._random.choice([tuple(items), iter(items), {"a": items}, {}, "text"])

    def _later(self, value: Any) -> Any:
        """The value after a while."""

        async def later() -> Any:
            await asyncio.sleep(0)
            return value

        self._waiting.append(later())
        return self._waiting[-1]

    def _wrong_row(self, row: Any, values: dict[str, Any]) -> Any:
        match self._random.randrange(4):
            case 0 if type(row) is not Dynamic:
                delattr(row, self._random.choice(list(values)))
                return row
            case 1:
                return Awaited(row)
            case 2:
                return Twin(twin="nothing", **values)
        kind = self._random.choice(list(self._made.kinds.values()))
        return kind.make({field.attribute: values.get(field.attribute) for field in kind.fields})  # often a row of another type


def random_schema(seed: int) -> Made:
    """A schema of a few object types, two interfaces and two unions; the same for the same seed."""
    return _Maker(seed).made()


class _Maker:
    """Makes one schema."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._names = [f"T{number}" for number in range(self._random.randint(3, 6))]
        self._groups = {name: self._random.sample(self._names, self._random.randint(1, 3)) for name in ("I0", "I1", "U0", "U1")}
        self._module = ModuleType(f"random_schema_{seed}")
        vars(self._module).update({name: leaf.type for name, leaf in LEAVES.items()})
        self._pair = self._pairs()
        self._shared = {name: self._fields(name, self._random.randint(1, 2), len(self._names)) for name in ("I0", "I1")}

    def made(self) -> Made:
        sys.modules[self._module.__name__] = self._module  # where strawberry looks names up
        try:
            members = {"is_type_of": classmethod(lambda cls, obj, info: obj.p_b is None)} if self._random.random() < 0.2 else {}
            vars(self._module)["Pair"] = strawberry.type(self._class("Pair", (), self._pair.fields, members))
            kinds = self._kinds()
            for name in ("U0", "U1"):
                members = Union[tuple(getattr(self._module, member) for member in self._groups[name])]  # noqa: UP007
                setattr(self._module, name, Annotated[members, strawberry.union(name)])
            roots = [*self._names, *self._groups]
            schema = Quiet(
                query=self._root("Query", roots), mutation=self._root("Mutation", roots[:2]),
                types=[getattr(self._module, name) for name in self._names], config=StrawberryConfig(scalar_map=SCALARS),
            )  # fmt: skip
        finally:
            del sys.modules[self._module.__name__]
        return Made(schema, kinds, self._groups)

    def _pairs(self) -> Kind:
        """A type that is made of two pieces of a row."""
        leaves = {"p_a": self._random.choice(COMMON), "p_b": self._random.choice(("str", "int"))}
        fields = [Field(name, type_, self._random.choice(("!", "")), "attribute", LEAVES[type_]) for name, type_ in leaves.items()]
        row = msgspec.defstruct("PairRow", list(leaves))
        return Kind("Pair", fields, lambda values: row(**values))

    def _fields(self, of: str, count: int, rank: int) -> list[Field]:
        """Fields of a type; what they require of other types lies only in later ones, so that rows come to an end."""
        fields = []
        for number in range(count):
            how = self._random.choices(list(WAYS), list(WAYS.values()))[0]
            wrappers = self._random.choice(("!", "!", "!", "", "", "![!", "![", "[!", "[", "![![!", "[[") if number else ("!", ""))
            if how == "made":
                fields.append(Field(f"{of.lower()}_{'abcdefghijkl'[number]}", "Pair", "!", how, self._pair.fields[0].leaf))
            elif rank < len(self._names) and self._random.random() < 0.4:
                later = self._names[rank + 1 :]
                is_bound = wrappers == "!"
                type_ = self._random.choice(later if is_bound and later else [*self._names, *self._groups])
                wrappers = "" if is_bound and not later else wrappers
                fields.append(Field(f"{of.lower()}_{'abcdefghijkl'[number]}", type_, wrappers, how, None))
            else:
                type_ = self._random.choice(COMMON if self._random.random() < 0.5 else list(LEAVES))
                fields.append(Field(f"{of.lower()}_{'abcdefghijkl'[number]}", type_, wrappers, how, LEAVES[type_]))
        return fields

    def _kinds(self) -> dict[str, Kind]:
        for name, fields in self._shared.items():
            setattr(self._module, name, strawberry.interface(self._class(name, (), fields, {})))
        kinds = {}
        for rank, name in enumerate(self._names):
            interfaces = [group for group in ("I0", "I1") if name in self._groups[group]]
            inherited = [field for group in interfaces for field in self._shared[group]]
            own = self._fields(name, self._random.randint(3, 6), rank)
            is_grouped = any(name in group for group in self._groups.values())
            rows = self._random.choice(("struct", "struct", "slots", "own", "twin", "twin", *(() if is_grouped else ("loose", "dynamic"))))
            make, members = _rows(rows, name, [*inherited, *own])
            bases = tuple(getattr(self._module, group) for group in interfaces)
            made = strawberry.type(self._class(name, bases, own, members))
            setattr(self._module, name, made)
            kinds[name] = Kind(name, [*inherited, *own], make or _instances(made))
        return kinds

    def _class(self, name: str, bases: tuple[Any, ...], fields: list[Field], members: dict[str, Any]) -> Any:
        declared = {field.name: made for field in fields if (made := self._declared(field)) is not None}
        annotations = {field.name: field.annotation for field in fields}
        return type(name, bases, {"__annotations__": annotations, "__module__": self._module.__name__, **declared, **members})

    def _declared(self, field: Field) -> Any:
        """What stands in the class for a field."""
        attribute, name = field.attribute, field.name
        level = self._random.choice((0, 0, 1, 2))

        async def load(context: Context, keys: list[int]) -> list[Any]:
            await asyncio.sleep(0)
            if context.world.loaded[name, keys[0]] == "no such thing":
                raise LookupError(name)
            return [context.world.loaded[name, key] for key in keys]

        def by_argument(root: strawberry.Parent[Any], times: int = 1) -> Any:
            value = getattr(root, attribute)
            return value * times if isinstance(value, list) else value

        def of_row(root: strawberry.Parent[Any]) -> Any:
            if name.endswith("c") and type(getattr(root, attribute)) is int:
                raise ValueError("no numbers here")
            return getattr(root, attribute)

        async def later(root: strawberry.Parent[Any]) -> Any:
            await asyncio.sleep(0)
            return getattr(root, attribute)

        match field.how:
            case "attribute":
                return strawberry.field(description=name)
            case "guarded":
                return strawberry.field(description=name, extensions=[Guarded(level)])
            case "opaque":
                return strawberry.field(description=name, extensions=[Opaque()])
            case "plain":
                return plain(lambda row: getattr(row, attribute), description=name)
            case "plain with context":
                return plain(lambda row, context: getattr(row, attribute) if context.level else None, description=name)
            case "plain and guarded":
                return plain(lambda row: getattr(row, attribute), description=name, extensions=[Guarded(level)])
            case "batched":
                return batched(load, key=attribute, description=name)
            case "made":
                return made_of(lambda **values: self._pair.make(values), description=name, p_a=attribute, p_b=(attribute, Table()))
            case "argument":
                return strawberry.field(resolver=by_argument, description=name)
            case "resolver":
                return strawberry.field(resolver=of_row, description=name)
        return strawberry.field(resolver=later, description=name)

    def _root(self, name: str, types: list[str]) -> Any:
        fields = {}
        for type_ in types:
            for wrappers in ("", "![!", self._random.choice(("!", "[", "[[!", "![![!"))):
                field = Field(f"{type_.lower()}_{len(fields)}", type_, wrappers, "root", None)
                fields[field.name] = (field.annotation, strawberry.field(resolver=self._resolver(field), description="Root."))
        members = {key: declared for key, (_, declared) in fields.items()}
        annotations = {key: annotation for key, (annotation, _) in fields.items()}
        return strawberry.type(type(name, (), {"__annotations__": annotations, "__module__": self._module.__name__, **members}))

    def _resolver(self, field: Field) -> Any:
        def now(info: strawberry.Info) -> Any:
            return info.context.world.root(field.type, field.wrappers)

        async def later(info: strawberry.Info) -> Any:
            await asyncio.sleep(0)
            return now(info)

        return self._random.choice((now, later))


def _rows(rows: str, name: str, fields: list[Field]) -> tuple[Callable[[dict[str, Any]], Any] | None, dict[str, Any]]:
    """How rows of a type are made, null where they are its instances, and what its class says of them."""
    attributes = [field.attribute for field in fields]
    match rows:
        case "struct":
            struct = msgspec.defstruct(f"{name}Row", attributes)
            return lambda values: struct(**values), {"is_type_of": rows_of(struct)}
        case "slots":
            row = dataclasses.make_dataclass(f"{name}Row", attributes, slots=True)
            return lambda values: row(**values), {"is_type_of": classmethod(lambda cls, obj, info: isinstance(obj, row))}
        case "twin":
            return lambda values: Twin(twin=name, **values), {
                "is_type_of": classmethod(lambda cls, obj, info: isinstance(obj, Twin) and obj.twin == name)
            }
        case "loose":
            return lambda values: Loose(**values), {}
        case "dynamic":
            return lambda values: Dynamic(**values), {}
    return None, {}


def _instances(cls: Any) -> Callable[[dict[str, Any]], Any]:
    def make(values: dict[str, Any]) -> Any:
        made = object.__new__(cls)
        vars(made).update(values)
        return made

    return make


class Quiet(strawberry.Schema):
    """A schema that logs nothing."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Logs nothing."""
