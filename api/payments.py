"""Where a payer's browser passes by: on its way to the gateway's page, and back from it. What it says on its way back is not read."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from api.world import World
from domain.kernel.errors import NotFound
from domain.kernel.locale import negotiate
from domain.kernel.messages import text
from domain.payments import verifying
from store.faults import StoreBusy, StoreLost

COME_AGAIN = {"retry-after": "5"}
HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


def routes(world: World) -> list[Route]:
    """`/payments/{token}` and `/payments/{token}/callback`; both send the browser on."""
    base = world.settings.public_url

    async def page(token: str) -> str:
        callback_url = f"{base}/payments/{token}/callback"
        return await verifying.open_page(world.database, world.terminals, token, callback_url=callback_url, at=world.clock.now())

    async def callback(token: str) -> str:
        return await verifying.came_back(world.database, world.terminals, token, at=world.clock.now())

    return [
        Route("/payments/{token}", _sending(page), methods=["GET"]),
        Route("/payments/{token}/callback", _sending(callback), methods=["GET", "POST"]),
    ]


def _sending(where: Callable[[str], Awaitable[str]]) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        try:
            return RedirectResponse(await where(request.path_params["token"]), status_code=303, headers=HEADERS)
        except NotFound:
            return PlainTextResponse(text("error.link", negotiate(request.headers.get("accept-language"))), status_code=404)
        except (StoreBusy, StoreLost):
            return Response(status_code=503, headers=COME_AGAIN)

    return send
