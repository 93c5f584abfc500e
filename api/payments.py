"""Where a payer's browser passes by: on its way to the gateway's page, and back from it. What it says on its way back is not read.

The app has no address to come back to: it is sent to a page of ours that leads to the app, which shows the outcome by itself.
"""

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from api.world import World
from domain.kernel.errors import NotFound
from domain.kernel.locale import Locale, negotiate
from domain.kernel.messages import text
from domain.payments import verifying
from store.faults import StoreBusy, StoreLost

COME_AGAIN = {"retry-after": "5"}
HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}

PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Simurgh</title>
<body style="font:18px/1.6 sans-serif;margin:20vh auto;max-width:24em;padding:0 1em;text-align:center">
<p>{words}</p><p><a href="{link}">{way}</a></p>
</html>
"""


def routes(world: World) -> list[Route]:
    """`/payments/{token}` and `/payments/{token}/callback`; both send the browser on."""
    base = world.settings.public_url

    async def page(token: str) -> str:
        callback_url = f"{base}/payments/{token}/callback"
        return await verifying.open_page(world.database, world.terminals, token, callback_url=callback_url, at=world.clock.now())

    async def callback(token: str) -> str:
        return await verifying.came_back(world.database, world.terminals, token, at=world.clock.now())

    return [
        Route("/payments/returned", _returned, methods=["GET"]),
        Route("/payments/{token}", _sending(page), methods=["GET"]),
        Route("/payments/{token}/callback", _sending(callback), methods=["GET", "POST"]),
    ]


async def _returned(request: Request) -> Response:
    """Says to go back to the app, and leads there where the browser can; how it went isn't said here."""
    locale = negotiate(request.headers.get("accept-language"))
    link = f"simurgh://payment/{quote(request.query_params.get('payment', ''), safe='')}"
    words, way = escape(text("payments.returned", locale)), escape(text("payments.open_app", locale))
    direction = "rtl" if locale is Locale.FA else "ltr"
    page = PAGE.format(language=locale.value.lower(), direction=direction, words=words, way=way, link=escape(link, quote=True))
    return HTMLResponse(page, headers=HEADERS | {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"})


def _sending(where: Callable[[str], Awaitable[str]]) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        try:
            return RedirectResponse(await where(request.path_params["token"]), status_code=303, headers=HEADERS)
        except NotFound:
            return PlainTextResponse(text("error.link", negotiate(request.headers.get("accept-language"))), status_code=404)
        except (StoreBusy, StoreLost):
            return Response(status_code=503, headers=COME_AGAIN)

    return send
