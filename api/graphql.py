"""The GraphQL endpoint: JSON over POST, one operation a request, errors in words with a code and a request id."""

import uuid
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.world import World
from domain.kernel.errors import AccessError, Busy, DomainError
from domain.kernel.locale import Locale, negotiate
from domain.kernel.messages import text
from schema.kernel.context import Context
from schema.root import schema
from store.session import StoreBusy

LOG = structlog.get_logger("graphql")
BODY_BYTES = 256 * 1024


def told(error: GraphQLError, locale: Locale, request_id: str) -> dict[str, Any]:
    """One error as the client sees it: refusals and expected failures in words, bugs masked behind the request id."""
    cause = Busy() if isinstance(error.original_error, StoreBusy) else error.original_error
    shown: dict[str, Any] = {"message": error.message, "extensions": {"requestId": request_id}}
    if error.path:
        shown["path"] = error.path
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if isinstance(cause, AccessError):
        shown["message"] = text(cause.message_key, locale, **vars(cause))
        shown["extensions"]["code"] = cause.code
    elif isinstance(cause, DomainError):
        shown["message"] = text(cause.message_key, locale, **cause.params)
        shown["extensions"] |= {"code": cause.code.value, "field": list(cause.field)}
    elif cause is not None and not isinstance(cause, GraphQLError):
        LOG.error("bug", request_id=request_id, path=error.path, exc_info=cause)
        shown["message"] = text("error.internal", locale)
        shown["extensions"]["code"] = "INTERNAL"
    else:
        shown["extensions"]["code"] = "INVALID_REQUEST"
    return shown


def routes(world: World) -> list[Route]:
    """`/graphql` for everybody."""

    async def endpoint(request: Request) -> Response:
        request_id = uuid.uuid4().hex
        body = orjson.loads(await request.body())
        context = Context(
            database=world.database,
            now=world.clock.now(),
            locale=negotiate(request.headers.get("accept-language")),
            actor=None,
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent"),
            request_id=request_id,
            parts=world,
        )
        result = await schema.execute(
            body.get("query"), variable_values=body.get("variables"), context_value=context, operation_name=body.get("operationName")
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [told(error, context.locale, request_id) for error in result.errors]
        return Response(orjson.dumps(answer), media_type="application/graphql-response+json", headers={"x-request-id": request_id})

    return [Route("/graphql", endpoint, methods=["POST"])]
