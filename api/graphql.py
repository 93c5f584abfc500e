"""The GraphQL endpoint: GraphQL over HTTP, one operation a request, every refusal with a code and a request id.

JSON over POST; a GET, which no page of somebody else's can make in a person's name (tokens are no cookies), reads the catalogue alone.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api.admission import Admission, Refused
from api.asking import Asked, GraphQLRequest, Refusal, answer_type, asked, asked_in_url
from api.budget import RESTORE_RATE
from api.seen import Seen
from api.sending import MODERN, PLAIN, kept, sent
from api.watching import watched
from api.world import World
from auth.identify import identify
from domain.kernel.errors import AccessError, Busy, DomainError, RateLimited, Unavailable
from domain.kernel.locale import Locale, negotiate
from domain.kernel.messages import text
from schema.engine.documents import Operation
from schema.engine.encoding import encode
from schema.engine.executor import run
from schema.kernel.context import Context
from schema.kernel.documents import without_suggestions
from schema.kernel.revalidation import may_be_kept
from schema.root import schema
from store.faults import StoreBusy, StoreLost

LOG = structlog.get_logger("graphql")
SECONDS = {OperationType.QUERY: 5, OperationType.MUTATION: 60}
NOTHING = b"null"
CODES_OF_STATUS = {401: "UNAUTHENTICATED", 429: "RATE_LIMITED", 503: "BUSY"}


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
    faults = [b',"errors":', orjson.dumps(errors)] if errors else []
    return b"".join([b'{"data":', data, *faults, b',"extensions":', orjson.dumps(extensions), b"}"])  # a large page is copied once


class Endpoint:
    """Answers `/graphql`."""

    def __init__(self, world: World, admission: Admission) -> None:
        self._world = world
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application, which a route calls straight."""
        response = await self.answer(GraphQLRequest(scope, receive, send))
        await response(scope, receive, send)

    async def answer(self, request: GraphQLRequest) -> Response:
        """Answers one request; nothing leaves without a request id."""
        seen = Seen(os.urandom(16).hex())
        with watched(self._world, seen):
            return await self._watched(request, seen)

    async def _watched(self, request: GraphQLRequest, seen: Seen) -> Response:
        locale = negotiate(request.told.get("accept-language"))
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

    async def _answer(self, request: GraphQLRequest, wanted: Asked, media_type: str, locale: Locale, seen: Seen) -> Response:
        world, now, request_id = self._world, self._world.clock.now(), seen.request_id
        address, header = request.client.host if request.client else "", request.told.get("authorization")
        actor = await identify(world.auth, header, address, at=now)
        locale = negotiate(request.told.get("accept-language"), [actor.locale if actor else None])

        try:
            operation = await self._admission.operation(wanted, actor, seen, at=now)
            if operation.kind not in SECONDS:
                raise Refused(GraphQLError("Subscriptions are served over a socket (graphql-transport-ws)."))
            if wanted.is_get and not may_be_kept(operation.node):
                raise Refusal(405, "METHOD_NOT_ALLOWED", "A GET reads the catalogue; ask for this by POST.")
            asker = str(actor.ref.id) if actor else address
            requested = await self._admission.paid(operation, wanted, asker, at=now)
        except Refused as refused:
            shown = [told(error, locale, request_id, is_stranger=actor is None) for error in refused.errors]
            seen.noted(shown)
            return sent({"errors": shown}, refused.status if media_type == MODERN else 200, media_type, request_id)

        context = Context(
            database=world.database, now=now, locale=locale, actor=actor, address=address, user_agent=request.told.get("user-agent"),
            request_id=request_id, parts=world, has_dead_token=actor is None and bool(header), operation=operation,
        )  # fmt: skip
        data, errors = await self._executed(operation, wanted.variables, context)
        try:
            await context.settle_looks(operation.node)
        except AccessError as error:
            data, errors = NOTHING, [told(GraphQLError("", original_error=error), locale, request_id)]
        seen.noted(errors)
        spent = 1 + objects_in(data)
        left = await self._admission.budget.settle(asker, requested - spent, now=now)
        cost = {"requested": requested, "actual": spent, "remaining": left, "restoreRate": RESTORE_RATE}
        # A mutation's answer may hold a secret, and errors repeat what was sent: neither is compressed nor kept.
        accepts = request.told.get("accept-encoding", "") if operation.kind is OperationType.QUERY and not errors else ""
        if wanted.is_get and not errors:
            known = request.told.get("if-none-match", "")
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


def routes(world: World, admission: Admission) -> list[BaseRoute]:
    """`/graphql` for everybody."""
    return [Route("/graphql", Endpoint(world, admission))]
