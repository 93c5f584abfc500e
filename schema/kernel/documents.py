"""Documents parsed, measured and validated once, and kept for the next caller who sends the same."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, get_operation_ast, parse, specified_rules
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from domain.kernel.errors import InvalidInput
from schema.kernel import limits, texts

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


class Documents:
    """A bounded store of prepared documents of one schema; least used ones leave first."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def prepared(self, source: str) -> Prepared:
        """The document of a source text, prepared now or earlier; refusals and faults come as its errors."""
        if len(source.encode()) > limits.SOURCE_BYTES:  # not kept: 512 of a body's size would be much memory for strangers to take
            return Prepared(None, (limits.refused("A document may have at most {most} bytes.", most=limits.SOURCE_BYTES),))
        found = self._kept.get(source)
        if found is None:
            found = self._kept[source] = self._prepare(source)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(source)
        return found

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
