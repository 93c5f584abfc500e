"""Files in: `POST /uploads` takes one for an organization, checks it, and answers with the id that goes into an `uploadId`."""

import asyncio
import tempfile
import uuid
from collections.abc import Mapping
from typing import BinaryIO, cast
from uuid import UUID

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.world import World
from auth import policy
from auth.actor import Actor
from auth.identify import identify
from domain.accounts.queries import is_organization
from domain.files import rules, uploads
from domain.files.ports import ScannerSilent
from domain.files.uploads import Offer
from domain.kernel.errors import (
    AccessError,
    Busy,
    DomainError,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from domain.kernel.ids import Kind, decode_as, encode
from domain.kernel.locale import Locale, negotiate
from domain.kernel.messages import text
from store.faults import StoreBusy, StoreLost

IDLE_SECONDS = 30.0
MOST_SECONDS = 900.0
AT_ONCE = 4
"""How many files a process looks into at a time: each may take a core and room on the disk for a while."""
STATUS = {
    "files.too_large": 413, "files.bomb": 413, "files.type": 415, "files.declared": 415, "files.content": 422, "files.damaged": 422,
    "files.macros": 422, "files.infected": 422, "files.slow": 408,
}  # fmt: skip
STATUS_OF_ACCESS = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "BUSY": 503, "UNAVAILABLE": 503}


def routes(world: World) -> list[Route]:
    """`POST /uploads?organizationId=…&fileName=…` with the bytes as the body and their media type as Content-Type.

    The organization may be left out by whoever has but one.
    """
    turn = asyncio.Semaphore(AT_ONCE)

    async def upload(request: Request) -> Response:
        request_id, at = uuid.uuid4().hex, world.clock.now()
        locale = negotiate(request.headers.get("accept-language"))
        try:
            actor = await identify(world.auth, request.headers.get("authorization"), _address(request), at=at)
            if actor is None:
                raise Unauthenticated
            locale = negotiate(request.headers.get("accept-language"), [actor.locale])
            offer = await _offer(world, request, actor)
            limits = world.settings.upload_limits
            with tempfile.TemporaryFile() as file:
                content = cast(BinaryIO, file)
                await _received(request, content, limits.most(offer.type))
                async with turn:
                    kept = await uploads.take(world.database, world.scanner, offer, content, limits=limits, at=at)
        except (DomainError, AccessError, ScannerSilent, StoreBusy, StoreLost) as error:
            return _refused(error, locale, request_id)
        told = {
            "uploadId": encode(Kind.UPLOAD, kept.id), "fileName": kept.name, "mediaType": kept.media_type, "bytes": kept.size_bytes,
            "expiresAt": kept.expires_at,
        }  # fmt: skip
        return _answer(told, 201, request_id)

    return [Route("/uploads", upload, methods=["POST"])]


async def _offer(world: World, request: Request, actor: Actor) -> Offer:
    """What is sent, by the parameters and headers; raises what is wrong with them before a byte is read."""
    name = rules.clean_name(request.query_params.get("fileName", ""))
    type = rules.type_of(name, request.headers.get("content-type", ""))
    organization_id = await _organization(world, request.query_params.get("organizationId"), actor)
    return Offer(organization_id, actor.ref.id, name, type)


async def _organization(world: World, given: str | None, actor: Actor) -> UUID:
    """The organization that the file is for: where the actor may do more than look."""
    reach = {grant.reach.organization_id for grant in actor.grants if grant.permissions - policy.READS}
    if not reach or actor.is_read_only:
        raise Forbidden
    if given is None:
        if len(reach) != 1 or None in reach:
            raise InvalidInput("files.which_organization", field=("organizationId",))
        return cast(UUID, reach.pop())
    organization_id = decode_as(Kind.ORGANIZATION, given, "organizationId")
    if organization_id not in reach:
        async with world.database.read() as session:
            if None not in reach or not await is_organization(session, organization_id):
                raise NotFound(field=("organizationId",))
    return organization_id


async def _received(request: Request, file: BinaryIO, most: int) -> None:
    """Writes the body into a file, never further than `most` bytes and never waiting long for the next ones."""
    too_large = InvalidInput("files.too_large", most=most // rules.MEGABYTE)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise too_large
    size, is_over = 0, False
    try:
        async with asyncio.timeout(MOST_SECONDS):
            while not is_over:
                async with asyncio.timeout(IDLE_SECONDS):
                    message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                block = message.get("body", b"")
                size += len(block)
                if size > most:
                    raise too_large
                file.write(block)
                is_over = not message.get("more_body", False)
    except TimeoutError:
        raise InvalidInput("files.slow") from None


def _refused(error: Exception, locale: Locale, request_id: str) -> Response:
    """What went wrong in the caller's language."""
    if isinstance(error, ScannerSilent):
        return _answer({"code": "UNAVAILABLE", "message": text("files.no_scanner", locale)}, 503, request_id)
    if isinstance(error, StoreBusy | StoreLost):
        error = Busy() if isinstance(error, StoreBusy) else Unavailable()
    if isinstance(error, AccessError):
        told = {"code": error.code, "message": text(error.message_key, locale, **vars(error))}
        return _answer(told, STATUS_OF_ACCESS.get(error.code, 403), request_id)
    assert isinstance(error, DomainError)  # noqa: S101 (the caller catches no other)
    words = text(error.message_key, locale, **error.params)
    status = 429 if isinstance(error, LimitReached) else 404 if isinstance(error, NotFound) else STATUS.get(error.message_key, 400)
    return _answer({"code": error.code.value, "message": words, "field": list(error.field)}, status, request_id)


def _answer(told: Mapping[str, object], status: int, request_id: str) -> Response:
    body = told if status == 201 else {**told, "requestId": request_id}
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": request_id}
    if status == 503:
        headers["retry-after"] = "5"
    if status in (408, 413):  # what is left of the body isn't read
        headers["connection"] = "close"
    return Response(orjson.dumps(body), status, headers, "application/json")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
