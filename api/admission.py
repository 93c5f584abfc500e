"""What an operation passes before it runs, over HTTP and over a socket alike: its document, its limits, its price."""

from datetime import datetime

from graphql import GraphQLError

from api.asking import Asked
from api.budget import CAPACITY, Budget, seconds_until
from api.seen import Seen
from api.trusted import TrustedDocuments
from auth.actor import Actor
from domain.kernel.errors import AccessError, InvalidInput, RateLimited
from schema.engine.documents import Operation
from schema.kernel import limits, texts
from schema.kernel.documents import Documents


class Refused(Exception):
    """An operation that isn't run: what is wrong with it, and the status that says so over HTTP."""

    def __init__(self, *errors: GraphQLError, status: int = 400) -> None:
        super().__init__(*(error.message for error in errors))
        self.errors = errors
        self.status = status

    @classmethod
    def by(cls, fault: Exception, status: int = 400) -> "Refused":
        """For a reason that is told in the caller's language."""
        return cls(GraphQLError("", original_error=fault), status=status)


class Admission:
    """Finds, measures and prices operations; all of a process share one."""

    def __init__(self, documents: Documents, trusted: TrustedDocuments, budget: Budget) -> None:
        self._documents = documents
        self._trusted = trusted
        self.budget = budget

    async def operation(self, wanted: Asked, actor: Actor | None, seen: Seen, *, at: datetime) -> Operation:
        """The operation that a request asks for, sound and within the limits; raises `Refused`."""
        try:
            chosen = await self._trusted.chosen(wanted.source, wanted.digest, actor, at=at)
        except AccessError as error:
            raise Refused.by(error) from None
        prepared = self._documents.prepared(chosen.source, is_registered=chosen.is_registered)
        operation = prepared.operation(wanted.operation_name)
        if prepared.errors:
            raise Refused(*prepared.errors)
        if operation is None:
            raise Refused(GraphQLError("Say by `operationName` which operation of the document to run."))
        name = operation.node.name.value if operation.node.name else ""
        seen.kind, seen.operation = operation.kind.value, name if name in self._documents.own_names else ""
        if prepared.checked and actor is None:  # it asks about the schema
            raise Refused(GraphQLError("Sign in to look at the schema.", extensions={"code": "UNAUTHENTICATED"}), status=401)
        try:
            texts.check_variables(wanted.variables)
        except InvalidInput as error:
            raise Refused.by(error) from None
        return operation

    async def paid(self, operation: Operation, wanted: Asked, asker: str, *, at: datetime) -> int:
        """Takes what the operation may cost from the asker's budget and returns it; raises `Refused`."""
        requested = limits.cost(operation, wanted.variables)
        if requested > CAPACITY:
            words = f"An answer may cost at most {CAPACITY} objects; ask for less."
            raise Refused(GraphQLError(words, extensions={"code": "TOO_COSTLY"}))
        left = await self.budget.take(asker, requested, now=at)
        if left < 0:
            raise Refused.by(RateLimited(seconds_until(-left)), status=429)
        return requested
