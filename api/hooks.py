"""What other systems bring in over HTTP: SMS that people sent to us, told by the operator's SMS gateway."""

from uuid import UUID, uuid5

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.asking import Refusal, body_of
from api.world import World
from auth.hooks import empty_sms
from domain.kernel import webhooks
from domain.kernel.errors import AlreadyExists, InvalidInput
from domain.kernel.identifiers import parse_msisdn
from domain.transfers.requests import heard
from domain.transfers.rules import wish_of
from store.faults import StoreBusy, StoreLost

BODY_BYTES = 16 * 1024
COME_AGAIN = {"retry-after": "5"}
CALLS = UUID("7d0a5a2e-2a4e-4d67-9a0f-9d5d1c1f0f6b")
"""The namespace of the keys that calls of the gateway become."""


def routes(world: World, secret: str) -> list[Route]:
    """`POST /hooks/sms`: 204 once it is taken, 409 for what was told before, 401 for what isn't signed, 503 to be told again."""

    async def sms(request: Request) -> Response:
        at = world.clock.now()
        try:
            body = await body_of(request, BODY_BYTES)
            id, timestamp, signatures = (request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
            if not webhooks.is_genuine(secret, id, timestamp, signatures, body, at=at):
                raise Refusal(401, "UNAUTHENTICATED", "Sign with the secret we share, within five minutes (Standard Webhooks).")
            number, text = _told(body)
            if not text.strip():
                await empty_sms(world.auth, number, call_id=id, at=at)
            elif wish := wish_of(text):  # other words to us are no business here
                await heard(world.database, number, wish, call_id=uuid5(CALLS, id), at=at)
        except Refusal as refusal:
            return _refused(refusal)
        except AlreadyExists:
            return _refused(Refusal(409, "ALREADY_EXISTS", "This call was taken before."))
        except (StoreBusy, StoreLost):
            return Response(status_code=503, headers=COME_AGAIN)
        return Response(status_code=204)

    return [Route("/hooks/sms", sms, methods=["POST"])]


def _told(body: bytes) -> tuple[str, str]:
    """From which number, and which words; raises `Refusal` for anything but `{"from": "+98…", "text": "…"}`."""
    try:
        told = orjson.loads(body)
        return parse_msisdn(told["from"]), str(told.get("text") or "")
    except (orjson.JSONDecodeError, InvalidInput, KeyError, TypeError, AttributeError):
        raise Refusal(400, "INVALID_REQUEST", 'Send {"from": "<mobile number>", "text": "<the words>"}.') from None


def _refused(refusal: Refusal) -> Response:
    return JSONResponse({"code": refusal.code, "message": refusal.message}, status_code=refusal.status)
