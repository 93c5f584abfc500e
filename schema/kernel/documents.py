"""The documents of our schema: parsed, measured, validated and compiled once, and kept for the next caller who sends the same."""

import re
from collections.abc import Callable
from functools import partial

from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode
from strawberry import Schema

from domain.kernel.errors import InvalidInput
from schema.engine import documents
from schema.engine.documents import Prepared
from schema.kernel import limits, texts
from schema.kernel.scalars import NATIVES
from schema.kernel.trusted import own_documents

KEPT = 512
LONGEST_NAME = 100
OPERATION = re.compile(r"^(?:query|mutation|subscription) (\w+)", re.MULTILINE)
SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


class Documents:
    """Prepared documents of a schema within our limits: what strangers send never drives out what is registered, nor that our own.

    Each of the two stores has an engine of its own, so that the same holds of their plans. `Prepared.checked` tells whether a document
    asks about the schema itself.
    """

    def __init__(self, schema: Schema) -> None:
        shelf = partial(documents.Documents, schema, kept=KEPT, check=_check, most_tokens=limits.TOKENS, natives=NATIVES)
        self._own_texts = frozenset(own_documents().values())
        self.own_names = frozenset(name for text in self._own_texts for name in OPERATION.findall(text))
        """Operations of our own clients: names of others have no bounds."""
        self._registered, self._others = shelf(), shelf()

    def prepared(self, source: str, *, is_registered: bool = False) -> Prepared:
        """The document of a source text, prepared now or earlier; refusals and faults come as its errors."""
        if len(source.encode()) > limits.SOURCE_BYTES:  # not kept: 512 of a body's size would be much memory for strangers to take
            return self._others.refused(limits.refused("A document may have at most {most} bytes.", most=limits.SOURCE_BYTES))
        if source in self._own_texts:
            return self._registered.pin(source)
        return (self._registered if is_registered else self._others).prepared(source)

    def follow(self, show: Callable[[str, str, Callable[[], float]], None]) -> None:
        """Gives figures to whoever shows them: a name, what it means, and how to come by its value."""
        shelves = (self._registered, self._others)
        show("simurgh_documents_kept", "Prepared documents of strangers and organizations", lambda: sum(map(len, shelves)))
        show("simurgh_plans_compiled", "Subtrees compiled since the start", lambda: sum(one.engine.stats.compiled for one in shelves))
        show("simurgh_plans_run", "Subtrees made by compiled code", lambda: sum(one.engine.stats.hits for one in shelves))
        show("simurgh_plans_given_up", "Subtrees that compiled code gave up", lambda: sum(one.engine.stats.deopts for one in shelves))
        show("simurgh_plans_faulty", "Subtrees a bug kept from being compiled", lambda: sum(one.engine.stats.faults for one in shelves))


def _check(document: DocumentNode) -> bool:
    """Refuses what is too large or holds texts that can't be; tells whether the document asks about the schema."""
    limits.check(document)
    try:
        texts.check_literals(document)
    except InvalidInput as error:
        raise GraphQLError("", original_error=error) from error
    return limits.asks_schema(document)


def name_of(operation: OperationDefinitionNode) -> str:
    """What an operation is called in records: its name, or its root fields when it has none."""
    if operation.name is not None:
        return operation.name.value[:LONGEST_NAME]
    return " ".join(field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode))[:LONGEST_NAME]


def without_suggestions(message: str) -> str:
    """An error's message as strangers get it: they learn no names."""
    return SUGGESTION.sub("", message)
