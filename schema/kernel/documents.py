"""Documents parsed, measured and validated once, and kept for the next caller who sends the same."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, get_operation_ast, parse, specified_rules
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from domain.kernel.errors import InvalidInput
from schema.kernel import limits, texts
from schema.kernel.trusted import own_documents

KEPT = 512
LONGEST_NAME = 100
SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with what is wrong with it, if anything."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    asks_schema: bool = False

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation asked for, null when it can't be told which."""
        return get_operation_ast(self.document, name) if self.document else None


class Shelf:
    """Prepared documents by their text; the least used ones leave when there are more than `most`."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def get(self, source: str, prepare: Callable[[str], Prepared]) -> Prepared:
        """The prepared document, prepared now if it isn't here."""
        found = self._kept.get(source)
        if found is None:
            found = self._kept[source] = prepare(source)
            if self._most is not None and len(self._kept) > self._most:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(source)
        return found


class Documents:
    """Bounded stores of prepared documents of one schema: what strangers send never drives out what is registered, nor that our own."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._own_texts = frozenset(own_documents().values())
        self._own, self._registered, self._others = Shelf(), Shelf(KEPT), Shelf(KEPT)

    def prepared(self, source: str, *, is_registered: bool = False) -> Prepared:
        """The document of a source text, prepared now or earlier; refusals and faults come as its errors."""
        if len(source.encode()) > limits.SOURCE_BYTES:  # not kept: 512 of a body's size would be much memory for strangers to take
            return Prepared(None, (limits.refused("A document may have at most {most} bytes.", most=limits.SOURCE_BYTES),))
        shelf = self._own if source in self._own_texts else self._registered if is_registered else self._others
        return shelf.get(source, self._prepare)

    def _prepare(self, source: str) -> Prepared:
        try:
            document = parse(source, max_tokens=limits.TOKENS)
            limits.check(document)
            texts.check_literals(document)
        except GraphQLError as error:
            return Prepared(None, (error,))
        except InvalidInput as error:
            return Prepared(None, (GraphQLError("", original_error=error),))
        except RecursionError:
            return Prepared(None, (limits.refused("The document is nested too deeply."),))
        errors = validate_document(self._schema._schema, document, tuple(specified_rules))
        return Prepared(document, tuple(errors), limits.asks_schema(document))


def name_of(operation: OperationDefinitionNode) -> str:
    """What an operation is called in records: its name, or its root fields when it has none."""
    if operation.name is not None:
        return operation.name.value[:LONGEST_NAME]
    return " ".join(field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode))[:LONGEST_NAME]


def without_suggestions(message: str) -> str:
    """An error's message as strangers get it: they learn no names."""
    return SUGGESTION.sub("", message)


class UsePrepared(SchemaExtension):
    """Hands the prepared document to the execution instead of parsing and validating again."""

    def on_parse(self) -> Iterator[None]:
        """Sets document and verdict before strawberry would make them."""
        prepared: Prepared | None = getattr(self.execution_context.context, "prepared", None)
        if prepared is not None and prepared.document is not None:
            self.execution_context.graphql_document = prepared.document
            self.execution_context.pre_execution_errors = list(prepared.errors)
        yield
