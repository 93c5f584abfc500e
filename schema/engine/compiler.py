"""Writes a subtree of an operation as one Python function that makes its output straight from the rows."""

import keyword
from asyncio import create_task, gather
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from types import CodeType
from typing import Any, NamedTuple, cast
from weakref import WeakValueDictionary

import msgspec
from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    is_leaf_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList

from schema.engine.facts import Attribute, Facts, Way, refuse
from schema.engine.fields import Batched, Guard, Piece, Plain, itself

MOST_FIELDS = 1000
"""Fields of one plan; a larger subtree is left to graphql-core, and its parts are tried by themselves."""
MOST_TEXT = 4_000_000
"""Characters of text whose code is kept for further subtrees of the same shape."""

Collect = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]
WantedOf = Callable[[GraphQLOutputType, list[FieldNode]], frozenset[str] | None]
Seen = Callable[[Any, list[tuple[Any, Any]]], None]
Stage = tuple[Callable[..., Any], list[Any], list[Any]]


class Uncompilable(Exception):
    """A subtree with something that only graphql-core can do."""


class Plan(NamedTuple):
    """A compiled subtree: `run(row, info)` gives its output, and where it `is_staged` what is still to be loaded into that (`together`)."""

    run: Callable[[Any, GraphQLResolveInfo[Any]], Any]
    is_staged: bool
    size: int
    """Fields in it."""


class Site(NamedTuple):
    """A field of the operation, as its resolve info shows it."""

    parent_type: GraphQLObjectType
    nodes: list[FieldNode]
    return_type: GraphQLOutputType

    def info(self, outer: GraphQLResolveInfo[Any]) -> GraphQLResolveInfo[Any]:
        """The info of this field, for those who tell types apart; only the path isn't known."""
        return outer._replace(
            field_name=self.nodes[0].name.value, field_nodes=self.nodes, parent_type=self.parent_type, return_type=self.return_type,
            path=cast(Any, None),
        )  # fmt: skip


class Batch(NamedTuple):
    """A field that is loaded into the output objects of some rows."""

    key: str
    declared: Batched
    site: Site
    details: FieldDetailsList
    told: list[Seen]
    """Who wants to know what it showed."""


class Shapes:
    """Classes of output objects by their keys and code by its text, shared by all plans of a schema."""

    def __init__(self) -> None:
        self._structs: WeakValueDictionary[tuple[str, ...], type[msgspec.Struct]] = WeakValueDictionary()
        self._codes: OrderedDict[bytes, tuple[CodeType, int]] = OrderedDict()
        self._length = 0

    def struct(self, keys: tuple[str, ...]) -> type[msgspec.Struct]:
        """A struct that has these keys in JSON; its attributes are f0, f1 and so on."""
        found = self._structs.get(keys)
        if found is None:
            names = [f"f{number}" for number in range(len(keys))]
            found = self._structs[keys] = msgspec.defstruct("Output", names, gc=False, rename=dict(zip(names, keys, strict=True)))
        return found

    def code(self, text: str) -> CodeType:
        """The text compiled."""
        key = sha256(text.encode()).digest()
        found = self._codes.get(key)
        if found is not None:
            self._codes.move_to_end(key)
            return found[0]
        code = compile(text, "<plan>", "exec")
        self._codes[key] = code, len(text)
        self._length += len(text)
        while self._length > MOST_TEXT:
            _, (_, length) = self._codes.popitem(last=False)
            self._length -= length
        return code


async def together(stages: Sequence[Stage], info: GraphQLResolveInfo[Any]) -> None:
    """Runs the stages that have keys, all at once; each loads what is asked for by its keys into its targets."""
    running = [fill(keys, targets, info) for fill, keys, targets in stages if keys]
    if not running:
        return
    first, *others = running
    tasks = [create_task(other) for other in others]
    try:
        await first
        for task in tasks:
            await task
    except BaseException:
        for task in tasks:
            task.cancel()
        await gather(*tasks, return_exceptions=True)
        raise


@dataclass(slots=True)
class Part:
    """One function being written."""

    head: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    depth: int = 1
    stages: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    alone: dict[str, list[str]] = field(default_factory=dict)
    """For each of the reads of its stages the names under which those learn whether no other stage reads the same."""

    def text(self, opening: str, closing: str) -> str:
        """The whole function."""
        return "\n".join([opening, *self.head, *self.lines, *self.tail, closing, ""])

    def later(self) -> str:
        """The expression of its stages."""
        return f"({', '.join(self.stages)},)"


class Compiler:
    """Compiles one subtree; made anew for each."""

    def __init__(
        self, facts: Facts, shapes: Shapes, collect: Collect, is_allowed: Callable[[Guard], bool], wanted: WantedOf, *, is_native: bool,
        is_alone: bool,
    ) -> None:  # fmt: skip
        """`collect` is the executor's own collection of sub-fields, `is_allowed` asks a guard about the viewer.

        `wanted` tells which attributes of rows the selection of some fields of a type reads. A subtree that `is_alone` has no siblings
        of the same kind, as those below a list have, whose keys had better be read together.
        """
        self._wanted_of = wanted
        self._facts = facts
        self._shapes = shapes
        self._collect = collect
        self._is_allowed = is_allowed
        self._is_native = is_native
        self._is_alone = is_alone
        self._names: dict[str, Any] = {"together": together, "refuse": refuse}
        self._constants: dict[int, str] = {}
        self._texts: list[str] = []
        self._part = Part()
        self._count = 0
        self._size = 0

    def plan(self, site: Site, details: FieldDetailsList) -> Plan:
        """The plan of a field's values; raises `Uncompilable`."""
        self._site = site
        output = self._value(site.return_type, details, site, "r")
        is_staged = bool(self._part.stages)
        closing = f" return {output}, {self._part.later()}" if is_staged else f" return {output}"
        self._close("def run(r, X):", closing)
        try:
            code = self._shapes.code("\n".join(self._texts))
        except (SyntaxError, RecursionError, MemoryError) as error:  # Python nests loops at most 20 deep
            raise Uncompilable from error
        exec(code, self._names)  # noqa: S102  our own text; names of fields and keys of answers stand in it as names and literals only
        return Plan(self._names["run"], is_staged, self._size)

    def _close(self, opening: str, closing: str) -> None:
        """Writes the part."""
        self._texts.append(self._part.text(opening, closing))
        for names in self._part.alone.values():
            self._names |= dict.fromkeys(names, self._is_alone and len(names) == 1)

    # Text

    def _emit(self, line: str) -> None:
        self._part.lines.append(" " * self._part.depth + line)

    @contextmanager
    def _indented(self) -> Iterator[None]:
        self._part.depth += 1
        yield
        self._part.depth -= 1

    def _next(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _constant(self, prefix: str, value: object) -> str:
        """A name for an object that the code uses."""
        name = self._constants.get(id(value))
        if name is None:
            name = self._constants[id(value)] = self._next(prefix)
            self._names[name] = value  # which keeps it alive, and its id its own
        return name

    def _info(self, site: Site) -> str:
        """An expression of a site's info, made when it is first needed."""
        if site is self._site:
            return "X"
        name = self._next("w")
        self._part.head.append(f" {name} = None")
        return f"({name} := {name} or {self._constant('I', site.info)}(X))"

    def _context(self) -> str:
        line = " c = X.context"
        if line not in self._part.head:
            self._part.head.append(line)
        return "c"

    # Values

    def _value(self, type_: GraphQLOutputType, details: FieldDetailsList, site: Site, source: str) -> str:
        """Emits what it takes to complete the value of an expression, and returns the expression of what comes out."""
        is_required = isinstance(type_, GraphQLNonNull)
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if is_leaf_type(inner):
            return self._leaf(inner, source, is_required=is_required)
        value = source
        if not source.isidentifier():
            value = self._next("v")
            self._emit(f"{value} = {source}")
        if is_required:
            return self._composite(inner, details, site, value)
        output = self._next("o")
        self._emit(f"if {value} is None: {output} = None")
        self._emit("else:")
        with self._indented():
            self._emit(f"{output} = {self._composite(inner, details, site, value)}")
        return output

    def _leaf(self, type_: GraphQLLeafType, source: str, *, is_required: bool) -> str:
        leaf = self._facts.leaf(type_, is_native=self._is_native)
        for name, value in leaf.names.items():
            if self._names.setdefault(name, value) is not value:
                raise ValueError(f"{name!r} means one thing to the scalar {type_.name} and another to the next.")
        slowly, met, choice = self._constant("L", leaf.slowly), f"x := {source}", ""
        may_pass = not is_required and bool(leaf.cases) and leaf.cases[0].value == "x"  # null passes as itself with the first case
        if not is_required and not may_pass:
            choice, met = f"None if ({met}) is None else ", "x"
        for case in leaf.cases:
            choice += f"{case.value} if {case.test.format(met)}{' or x is None' if may_pass else ''} else "
            met, may_pass = "x", False
        return f"({choice}{slowly}({met}))"

    def _composite(self, type_: GraphQLOutputType, details: FieldDetailsList, site: Site, value: str) -> str:
        if isinstance(type_, GraphQLList):
            return self._list(type_, details, site, value)
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, details, site, value)
        return self._abstract(cast(GraphQLAbstractType, type_), details, site, value)

    def _list(self, type_: GraphQLList[GraphQLOutputType], details: FieldDetailsList, site: Site, value: str) -> str:
        output, append, item = self._next("o"), self._next("a"), self._next("i")
        self._emit(f"if type({value}) is not list and type({value}) is not tuple: refuse({value})")
        self._emit(f"{output} = []; {append} = {output}.append")
        self._emit(f"for {item} in {value}:")
        with self._indented():
            self._emit(f"{append}({self._value(type_.of_type, details, site, item)})")
        return output

    def _abstract(self, type_: GraphQLAbstractType, details: FieldDetailsList, site: Site, value: str) -> str:
        kinds = self._facts.kinds(type_)
        known, tell = self._constant("N", kinds.known), self._constant("P", kinds.name)
        output, name = self._next("o"), self._next("n")
        self._emit(f"{name} = {known}.get(type({value})) or {tell}({value}, {self._info(site)})")
        for number, possible in enumerate(self._facts.schema.get_possible_types(type_)):
            self._emit(f"{'elif' if number else 'if'} {name} == {possible.name!r}:")
            with self._indented():
                self._emit(f"{output} = {self._object(possible, details, site, value)}")
        self._emit(f"else: refuse({value})")
        return output

    def _object(self, type_: GraphQLObjectType, details: FieldDetailsList, site: Site, value: str) -> str:
        rows = self._facts.rows(type_)
        known, admit = self._constant("A", rows.known), self._constant("M", rows.admit)
        self._emit(f"if type({value}) not in {known}: {admit}({value}, {self._info(site) if rows.are_asked else None})")
        return self._output(type_, details, value)

    def _output(self, type_: GraphQLObjectType, details: FieldDetailsList, value: str, pieces: Mapping[str, Piece] | None = None) -> str:
        """The output of an object, or of one that is made of pieces of a row."""
        fields, deferred, _ = self._collect(type_, details)
        if deferred:
            raise Uncompilable
        outputs: dict[str, str] = {}
        batches: list[Batch] = []
        for key, of_key in fields.items():
            self._take(of_key)
            name = of_key[0].node.name.value
            if name == "__typename":
                outputs[key] = repr(type_.name)
                continue
            found = self._facts.schema.get_field(type_, name)
            if found is None:
                continue
            way = self._facts.way(type_, name, found)
            if way is None or of_key[0].node.arguments or not all(self._is_allowed(guard) for guard in way.guards):
                raise Uncompilable
            inner = Site(type_, [each.node for each in of_key], found.type)
            told = [seen for guard in way.guards if (seen := getattr(guard, "seen", None)) is not None]
            made = None if pieces is not None else self._made_of(way, found.type, of_key)
            if isinstance(way.source, Batched):
                outputs[key] = "None"
                batches.append(Batch(key, way.source, inner, of_key, told))
            elif made is not None:
                outputs[key] = self._output(made, of_key, value, cast(Plain, way.source).pieces)
            else:
                source = self._source(way.source, value, pieces)
                outputs[key] = self._value(found.type, of_key, inner, self._tell(told, value, source) if told else source)
        return self._made(outputs, batches, value)

    def _made_of(self, way: Way, type_: GraphQLOutputType, details: FieldDetailsList) -> GraphQLObjectType | None:
        """The type of what a field makes of its row, where all that is asked of it are pieces of the row; else null."""
        pieces, inner = getattr(way.source, "pieces", None), type_.of_type if isinstance(type_, GraphQLNonNull) else None
        if pieces is None or way.guards or not isinstance(inner, GraphQLObjectType) or self._facts.rows(inner).are_asked:
            return None
        names = {of_key[0].node.name.value for of_key in self._collect(inner, details)[0].values()} - {"__typename"}
        found = [(name, field) for name in names if (field := self._facts.schema.get_field(inner, name)) is not None]
        return inner if all(_is_piece(self._facts.way(inner, name, field), pieces) for name, field in found) else None

    def _tell(self, told: Sequence[Seen], row: str, source: str) -> str:
        """Emits what tells those who want to know what a field showed of its row; returns the name of its value."""
        value, shown = self._next("v"), self._next("G")
        self._part.head.append(f" {shown} = []")
        self._emit(f"{value} = {source}")
        self._emit(f"if {value} is not None: {shown}.append(({row}, {value}))")
        self._part.tail += [f" if {shown}: {self._constant('H', seen)}({self._context()}, {shown})" for seen in told]
        return value

    def _take(self, of_key: FieldDetailsList) -> None:
        """Counts a field; raises `Uncompilable` at one too many, and at what is delivered later or depends on a fragment's variables."""
        self._size += 1
        if self._size > MOST_FIELDS or of_key[0].defer_usage or of_key[0].fragment_variable_values:
            raise Uncompilable
        if any(directive.name.value == "stream" for each in of_key for directive in each.node.directives or ()):
            raise Uncompilable

    def _source(self, source: Attribute | Plain, value: str, pieces: Mapping[str, Piece] | None = None) -> str:
        """The expression of a field's value before it is completed; of a thing that is made of pieces of the row, it is one of them."""
        if pieces is not None and isinstance(source, Attribute):
            piece = pieces[source.name]
            read = _attribute(piece.name, value)
            return read if piece.table is None else f"{self._constant('U', piece.table)}[{read}]"
        if isinstance(source, Plain):
            if source.function is itself:
                return value
            return f"{self._constant('F', source.function)}({value}{f', {self._context()}' if source.takes_context else ''})"
        if source.resolver is not getattr:  # strawberry's own default
            return f"{self._constant('R', source.resolver)}({value}, {source.name!r})"
        return _attribute(source.name, value)

    def _made(self, outputs: dict[str, str], batches: list[Batch], value: str) -> str:
        """The expression of an output object; what is loaded for it is put into it later, and holds its place as null."""
        if self._is_native:
            made = f"{self._constant('S', self._shapes.struct(tuple(outputs)))}({', '.join(outputs.values())})"
        else:
            made = f"{{{', '.join(f'{key!r}: {output}' for key, output in outputs.items())}}}"
        if not batches:
            return made
        target = self._next("o")
        self._emit(f"{target} = {made}")
        for batch in batches:
            place = f".f{list(outputs).index(batch.key)}" if self._is_native else f"[{batch.key!r}]"
            self._load(batch, value, target, place)
        return target

    def _wanted(self, site: Site) -> frozenset[str] | None:
        return self._wanted_of(site.return_type, site.nodes)

    def _key(self, key: str | tuple[str, ...] | Callable[[Any], Any], value: str) -> str:
        """The expression of what a field is loaded by."""
        if callable(key):
            return f"{self._constant('F', key)}({value})"
        return _attribute(key, value) if isinstance(key, str) else f"({', '.join(_attribute(name, value) for name in key)})"

    def _load(self, batch: Batch, value: str, target: str, place: str) -> None:
        """Emits the collecting of keys, and writes the function that loads them and fills the places."""
        declared, site = batch.declared, batch.site
        keys, targets = self._next("K"), self._next("T")
        self._part.head.append(f" {keys} = []; {targets} = []")
        self._emit(f"x = {self._key(declared.key, value)}")
        self._emit(f"if x is not None: {keys}.append(x); {targets}.append({f'({target}, {value})' if batch.told else target})")
        if isinstance(site.return_type, GraphQLNonNull):
            self._emit("else: refuse(None)")
        load = self._constant("B", declared.reading(self._wanted(site)) if declared.takes_wanted else declared.load)
        fill, alone = self._next("fill"), self._next("Y")
        self._part.alone.setdefault(load, []).append(alone)
        self._part.stages.append(f"({fill}, {keys}, {targets})")
        outer, self._part = self._part, Part(depth=2)
        target = "(o, s)" if batch.told else "o"
        self._part.lines.append(f" for {target}, r in zip(T, await X.context.loaders.load_many({load}, K, {alone})):")
        found = self._tell(batch.told, "s", "r") if batch.told else "r"
        self._emit(f"o{place} = {self._value(site.return_type, batch.details, site, found)}")
        closing = f" await together({self._part.later()}, X)" if self._part.stages else ""
        self._close(f"async def {fill}(K, T, X):", closing)
        self._part = outer


def _is_piece(way: Way | None, pieces: Mapping[str, Piece]) -> bool:
    """Whether a field is read off a thing by an attribute that is one of these."""
    source = way.source if way is not None and not way.guards else None
    return isinstance(source, Attribute) and source.resolver is getattr and source.name in pieces


def _attribute(name: str, value: str) -> str:
    return f"{value}.{name}" if name.isidentifier() and not keyword.iskeyword(name) else f"getattr({value}, {name!r})"
