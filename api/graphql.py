"""The GraphQL endpoint: GraphQL over HTTP, one operation a request, every refusal with a code and a request id.

JSON over POST; a GET, which no page of somebody else's can make in a person's name (tokens are no cookies), reads the catalogue alone.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.budget import CAPACITY, RESTORE_RATE, Budget, seconds_until
from api.sending import MODERN, PLAIN, kept, sent
from api.trusted import TrustedDocuments
from api.watching import Seen, watched
from api.world import World
from auth.identify import identify
from domain.kernel.errors import AccessError, Busy, DomainError, InvalidInput, RateLimited, Unavailable
from domain.kernel.locale import Locale, negotiate
from domain.kernel.messages import text
from schema.engine.documents import Operation
from schema.engine.encoding import encode
from schema.engine.executor import run
from schema.kernel import limits, texts
from schema.kernel.context import Context
from schema.kernel.documents import Documents, without_suggestions
from schema.kernel.revalidation import may_be_kept
from schema.kernel.trusted import digest_in
from schema.root import schema
from store.faults import StoreBusy, StoreLost

LOG = structlog.get_logger("graphql")
BODY_BYTES = 256 * 1024
URL_BYTES = 8 * 1024
SECONDS = {OperationType.QUERY: 5, OperationType.MUTATION: 60}
NOTHING = b"null"
CODES_OF_STATUS = {401: "UNAUTHENTICATED", 429: "RATE_LIMITED", 503: "BUSY"}


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A request that isn't a GraphQL request we serve: status, code and a sentence."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A well-formed request: with the text of a document, or with the SHA-256 of a registered one."""

    source: str | None
    digest: str
    variables: Mapping[str, Any]
    operation_name: str | None
    is_get: bool = False


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request, never read further than `most` bytes; raises `Refusal` for a larger one."""
    chunks, size, is_over = [], 0, False
    while not is_over:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise Refusal(413, "BODY_TOO_LARGE", f"A request may have at most {most // 1024} KB; send files by upload.")
        chunks.append(chunk)
        is_over = not message.get("more_body", False)
    return b"".join(chunks)


async def asked(request: Request) -> Asked:
    """Reads the body of a POST, at most 256 KB; raises `Refusal` for anything but one JSON request."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Send the request as application/json.")
    try:
        body = orjson.loads(await body_of(request, BODY_BYTES))
    except orjson.JSONDecodeError:
        raise Refusal(400, "INVALID_REQUEST", "The body isn't valid JSON in UTF-8.") from None
    if isinstance(body, list):
        raise Refusal(400, "INVALID_REQUEST", "Batches aren't served; send one operation a request.")
    if not isinstance(body, dict):
        raise Refusal(400, "INVALID_REQUEST", 'Send {"query": "…", "variables": {…}, "operationName": "…"}.')
    return well_formed(body)


def asked_in_url(request: Request) -> Asked:
    """Reads the parameters of a GET, which names a registered document; raises `Refusal`."""
    if len(request.url.query) > URL_BYTES:
        raise Refusal(414, "URL_TOO_LONG", f"The parameters of a GET may have at most {URL_BYTES // 1024} KB; use POST.")
    parameters = request.query_params
    if not parameters.get("documentId"):
        raise Refusal(405, "METHOD_NOT_ALLOWED", "GraphQL is asked by POST here; a GET names a registered document by `documentId`.")
    if len(parameters) != len(parameters.multi_items()):
        raise Refusal(400, "INVALID_REQUEST", "Give each parameter once.")
    body: dict[str, Any] = {name: value for name, value in parameters.items() if value}
    try:
        return well_formed(body | {"variables": orjson.loads(body.get("variables", "null"))}, is_get=True)
    except orjson.JSONDecodeError:
        raise Refusal(400, "INVALID_REQUEST", "`variables` isn't valid JSON.") from None


def well_formed(body: Mapping[str, Any], *, is_get: bool = False) -> Asked:
    """The parameters of a request, checked; raises `Refusal`."""
    source, document_id = body.get("query"), body.get("documentId")
    if (source is None) is (document_id is None):
        raise Refusal(400, "INVALID_REQUEST", "Send either `query`, the text of a document, or `documentId`, the id of a registered one.")
    digest = digest_in(document_id) or ""
    if document_id is not None and not digest:
        raise Refusal(400, "INVALID_REQUEST", "`documentId` is sha256: and the hash of a document in 64 hexadecimal digits, small letters.")
    if source is not None and (not isinstance(source, str) or not source.strip()):
        raise Refusal(400, "INVALID_REQUEST", "`query` is the text of a document.")
    variables, name = body.get("variables") or {}, body.get("operationName")
    if not isinstance(variables, dict) or not isinstance(name, str | None):
        raise Refusal(400, "INVALID_REQUEST", "`variables` is an object and `operationName` a text.")
    return Asked(source, digest, variables, name, is_get)


def answer_type(request: Request) -> str:
    """The media type of the answer by the Accept header; raises `Refusal` when neither is wanted."""
    accepted = request.headers.get("accept", "*/*").lower()
    if MODERN in accepted:
        return MODERN
    if "*/*" in accepted or "application/*" in accepted or PLAIN in accepted:
        return PLAIN
    raise Refusal(406, "NOT_ACCEPTABLE", f"Answers come as {MODERN} or {PLAIN}.")


def told(error: GraphQLError, locale: Locale, request_id: str, *, is_stranger: bool = False) -> dict[str, Any]:
    """One error as the client sees it: refusals and expected failures in words, bugs masked behind the request id."""
    cause = error.original_error
    if isinstance(cause, StoreBusy | TimeoutError):
        cause = Busy()
    if isinstance(cause, StoreLost):
        cause = Unavailable()
    shown: dict[str, Any] = {"message": without_suggestions(error.message) if is_stranger else error.message}
    extensions: dict[str, Any] = {"requestId": request_id}
    if error.path:
        shown["path"] = error.path
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if isinstance(cause, AccessError):
        shown["message"] = text(cause.message_key, locale, **vars(cause))
        extensions["code"] = cause.code
        if isinstance(cause, RateLimited):
            extensions["retryAfter"] = cause.retry_after
    elif isinstance(cause, DomainError):
        shown["message"] = text(cause.message_key, locale, **cause.params)
        extensions |= {"code": cause.code.value, "field": list(cause.field)}
    elif error.extensions and "code" in error.extensions:
        extensions["code"] = error.extensions["code"]
    elif cause is not None and not isinstance(cause, GraphQLError | ValueError):
        LOG.error("bug", request_id=request_id, path=error.path, exc_info=cause)
        shown["message"] = text("error.internal", locale)
        extensions["code"] = "INTERNAL"
    else:
        extensions["code"] = "INVALID_REQUEST"
    return shown | {"extensions": extensions}


def objects_in(data: bytes) -> int:
    """How many objects an answer's JSON holds; a brace within a text counts as one more."""
    return data.count(b"{")


def answered(data: bytes, errors: list[dict[str, Any]], extensions: Mapping[str, Any]) -> bytes:
    """The JSON of an answer around its data."""
    faults = b',"errors":' + orjson.dumps(errors) if errors else b""
    return b'{"data":' + data + faults + b',"extensions":' + orjson.dumps(extensions) + b"}"


class Endpoint:
    """Answers `/graphql`."""

    def __init__(self, world: World, documents: Documents, trusted: TrustedDocuments, budget: Budget) -> None:
        self._world = world
        self._documents = documents
        self._trusted = trusted
        self._budget = budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application, which a route calls straight."""
        response = await self.answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answers one request; nothing leaves without a request id."""
        seen = Seen(uuid.uuid4().hex)
        with watched(self._world, seen):
            return await self._watched(request, seen)

    async def _watched(self, request: Request, seen: Seen) -> Response:
        locale = negotiate(request.headers.get("accept-language"))
        media_type, request_id = PLAIN, seen.request_id
        try:
            if request.method not in {"GET", "POST"}:
                raise Refusal(405, "METHOD_NOT_ALLOWED", "GraphQL is asked by POST here.")
            media_type = answer_type(request)
            wanted = asked_in_url(request) if request.method == "GET" else await asked(request)
            return await self._answer(request, wanted, media_type, locale, seen)
        except Refusal as refusal:
            seen.codes.append(refusal.code)
            error = {"message": refusal.message, "extensions": {"code": refusal.code, "requestId": request_id}}
            return sent({"errors": [error]}, refusal.status, media_type, request_id)
        except (StoreBusy, StoreLost) as fault:
            error = told(GraphQLError("", original_error=fault), locale, request_id)
            seen.noted([error])
            return sent({"errors": [error]}, 503, media_type, request_id)

    async def _answer(self, request: Request, wanted: Asked, media_type: str, locale: Locale, seen: Seen) -> Response:
        world, now, request_id = self._world, self._world.clock.now(), seen.request_id
        address, header = request.client.host if request.client else "", request.headers.get("authorization")
        actor = await identify(world.auth, header, address, at=now)
        locale = negotiate(request.headers.get("accept-language"), [actor.locale if actor else None])

        def refuse(errors: list[GraphQLError], status: int) -> Response:
            shown = [told(error, locale, request_id, is_stranger=actor is None) for error in errors]
            seen.noted(shown)
            return sent({"errors": shown}, status if media_type == MODERN else 200, media_type, request_id)

        try:
            chosen = await self._trusted.chosen(wanted.source, wanted.digest, actor, at=now)
        except AccessError as error:
            return refuse([GraphQLError("", original_error=error)], 400)
        prepared = self._documents.prepared(chosen.source, is_registered=chosen.is_registered)
        operation = prepared.operation(wanted.operation_name)
        if prepared.errors:
            return refuse(list(prepared.errors), 400)
        if operation is None:
            return refuse([GraphQLError("Say by `operationName` which operation of the document to run.")], 400)
        seen.kind = operation.kind.value
        seen.operation = operation.node.name.value if operation.node.name and operation.node.name.value in self._documents.own_names else ""
        if operation.kind not in SECONDS:
            return refuse([GraphQLError("Subscriptions aren't served here.")], 400)
        if wanted.is_get and not may_be_kept(operation.node):
            raise Refusal(405, "METHOD_NOT_ALLOWED", "A GET reads the catalogue; ask for this by POST.")
        if prepared.checked and actor is None:  # it asks about the schema
            return refuse([GraphQLError("Sign in to look at the schema.", extensions={"code": "UNAUTHENTICATED"})], 401)

        try:
            texts.check_variables(wanted.variables)
        except InvalidInput as error:
            return refuse([GraphQLError("", original_error=error)], 400)

        asker = str(actor.ref.id) if actor else address
        requested = limits.cost(operation, wanted.variables)
        if requested > CAPACITY:
            most = GraphQLError(f"An answer may cost at most {CAPACITY} objects; ask for less.", extensions={"code": "TOO_COSTLY"})
            return refuse([most], 400)
        left = await self._budget.take(asker, requested, now=now)
        if left < 0:
            return refuse([GraphQLError("", original_error=RateLimited(seconds_until(-left)))], 429)

        context = Context(
            database=world.database, now=now, locale=locale, actor=actor, address=address, user_agent=request.headers.get("user-agent"),
            request_id=request_id, parts=world, has_dead_token=actor is None and bool(header), operation=operation,
        )  # fmt: skip
        data, errors = await self._executed(operation, wanted.variables, context)
        try:
            await context.settle_looks(operation.node)
        except AccessError as error:
            data, errors = NOTHING, [told(GraphQLError("", original_error=error), locale, request_id)]
        seen.noted(errors)
        spent = 1 + objects_in(data)
        left = await self._budget.settle(asker, requested - spent, now=now)
        cost = {"requested": requested, "actual": spent, "remaining": left, "restoreRate": RESTORE_RATE}
        # A mutation's answer may hold a secret, and errors repeat what was sent: neither is compressed nor kept.
        accepts = request.headers.get("accept-encoding", "") if operation.kind is OperationType.QUERY and not errors else ""
        if wanted.is_get and not errors:
            known = request.headers.get("if-none-match", "")
            return kept(b'{"data":' + data + b"}", media_type, request_id, known=known, accepts=accepts)
        return sent(answered(data, errors, {"cost": cost}), 200, media_type, request_id, accepts=accepts)

    async def _executed(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> tuple[bytes, list[dict[str, Any]]]:
        """Runs the operation within its time: its data as JSON, and its errors as they are told."""
        try:
            async with asyncio.timeout(SECONDS[operation.kind]):
                result = await run(schema, operation, variables, context, view=context.view, native=True)
        except TimeoutError:
            return NOTHING, [told(GraphQLError("", original_error=Busy()), context.locale, context.request_id)]
        is_stranger = context.actor is None
        errors = [told(error, context.locale, context.request_id, is_stranger=is_stranger) for error in result.errors or ()]
        return encode(result.data), errors


def routes(world: World, documents: Documents, trusted: TrustedDocuments, budget: Budget) -> list[Route]:
    """`/graphql` for everybody."""
    endpoint = Endpoint(world, documents, trusted, budget)
    return [Route("/graphql", endpoint)]
