"""Documents parsed, checked and validated once and kept, with everything about their operations that no request changes."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from graphql import DocumentNode, GraphQLError, get_operation_ast, parse, specified_rules
from strawberry import Schema
from strawberry.schema.schema import validate_document

from schema.engine.natives import Natives
from schema.engine.operations import Operation
from schema.engine.plans import Engine, Stats

__all__ = ["Documents", "Operation", "Prepared"]
TOKENS_KEPT = 100_000
"""Tokens of all documents that are kept: about 35 MB of syntax trees, however they are made up."""


class Prepared:
    """A document with what is wrong with it, if anything, and what `check` found."""

    __slots__ = ("_engine", "_operations", "checked", "document", "errors")

    def __init__(self, engine: Engine, document: DocumentNode | None, errors: tuple[GraphQLError, ...], checked: Any = None) -> None:
        self.document = document
        self.errors = errors
        self.checked = checked
        self._engine = engine
        self._operations: dict[str | None, Operation] = {}

    @property
    def tokens(self) -> int:
        """How many tokens its text has."""
        return self.document.token_count if self.document else 0

    @property
    def operations(self) -> Collection[Operation]:
        """Those asked for so far."""
        return self._operations.values()

    def operation(self, name: str | None) -> Operation | None:
        """The operation asked for; null when it can't be told which, or there is none of that name."""
        if name in self._operations:
            return self._operations[name]
        node = get_operation_ast(self.document, name) if self.document and not self.errors else None
        if node is None or self.document is None:  # not kept: strangers may ask for any name
            return None
        found = self._operations[name] = Operation(self._engine, self.document, node)
        return found


class Documents:
    """A bounded store of the sound documents of one schema; the least used leave first, pinned ones stay.

    Faulty ones are never kept.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        kept: int,
        kept_tokens: int = TOKENS_KEPT,
        check: Callable[[DocumentNode], Any] | None = None,
        most_tokens: int | None = None,
        natives: Natives | None = None,
    ) -> None:
        """`check` may refuse a parsed document by raising `GraphQLError`; what it returns is kept as `Prepared.checked`."""
        self.engine = Engine(schema, natives)
        self._schema = schema
        self._most, self._most_kept_tokens = kept, kept_tokens
        self._check = check
        self._most_tokens = most_tokens
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._kept_tokens = 0
        self._pinned: dict[str, Prepared] = {}

    def __len__(self) -> int:
        """How many are kept, pinned ones apart."""
        return len(self._kept)

    @property
    def stats(self) -> Stats:
        """How the plans of its operations fare."""
        return self.engine.stats

    def prepared(self, source: str) -> Prepared:
        """The document of a source text, prepared now or earlier; refusals and faults come as its errors."""
        found = self._pinned.get(source) or self._kept.get(source)
        if found is None:
            found = self._prepare(source)
            if not found.errors:
                self._keep(source, found)
        elif source in self._kept:
            self._kept.move_to_end(source)
        return found

    def _keep(self, source: str, prepared: Prepared) -> None:
        self._kept[source] = prepared
        self._kept_tokens += prepared.tokens
        while len(self._kept) > self._most or self._kept_tokens > self._most_kept_tokens:
            _, gone = self._kept.popitem(last=False)
            self._kept_tokens -= gone.tokens
            self.engine.forget(gone.operations)

    def refused(self, error: GraphQLError) -> Prepared:
        """A document that isn't even looked at."""
        return Prepared(self.engine, None, (error,))

    def pin(self, source: str) -> Prepared:
        """Prepares a document that stays for good."""
        found = self._pinned.get(source)
        if found is None:
            found = self._kept.pop(source, None)
            if found is None:
                found = self._prepare(source)
            else:
                self._kept_tokens -= found.tokens
            self._pinned[source] = found
        return found

    def _prepare(self, source: str) -> Prepared:
        try:
            document = parse(source, max_tokens=self._most_tokens)
            checked = self._check(document) if self._check else None
        except GraphQLError as error:
            return Prepared(self.engine, None, (error,))
        except RecursionError:
            return Prepared(self.engine, None, (GraphQLError("The document is nested too deeply."),))
        errors = validate_document(self._schema._schema, document, tuple(specified_rules))
        return Prepared(self.engine, document, tuple(errors), checked)
