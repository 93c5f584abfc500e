"""Well-formed requests: what somebody asks by POST, by GET or over a socket, or the refusal of what is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from api.sending import MODERN, PLAIN
from schema.kernel.trusted import digest_in

BODY_BYTES = 256 * 1024
URL_BYTES = 8 * 1024


@dataclass
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


class GraphQLRequest(Request):
    """A request whose headers are decoded once rather than looked through for each that is asked for."""

    @cached_property
    def told(self) -> Mapping[str, str]:
        """Headers by their names in small letters; of those given twice the first."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self.scope["headers"])}


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


async def asked(request: GraphQLRequest) -> Asked:
    """Reads the body of a POST, at most 256 KB; raises `Refusal` for anything but one JSON request."""
    if request.told.get("content-type", "").split(";")[0].strip().lower() != "application/json":
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


def answer_type(request: GraphQLRequest) -> str:
    """The media type of the answer by the Accept header; raises `Refusal` when neither is wanted."""
    accepted = request.told.get("accept", "*/*").lower()
    if MODERN in accepted:
        return MODERN
    if "*/*" in accepted or "application/*" in accepted or PLAIN in accepted:
        return PLAIN
    raise Refusal(406, "NOT_ACCEPTABLE", f"Answers come as {MODERN} or {PLAIN}.")
