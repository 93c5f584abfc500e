"""Serves the GraphiQL explorer from this origin alone: one page without inline script, and the bundle built from `web/`."""

import json
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The editor writes <style> elements at run time, so styles can't be stricter; scripts, workers and sockets come from here or not at all.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
# Bundled files carry a hash of their content in their name, so a name never changes its meaning.
FOREVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
FRESH: Final = {"cache-control": "no-cache"}
LEVEL: Final = 4
"""Of gzip: 8 MB of bundle leave as 2.5, at 15 ms for a megabyte, once for each browser and release."""

PATH: Final = "/graphiql"
STATIC: Final = f"{PATH}/static"

PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Simurgh · API explorer</title>
<link rel="icon" type="image/svg+xml" href="{icon}">
<link rel="stylesheet" href="{style}">
<script type="application/json" id="config">{config}</script>
<script type="module" src="{script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The explorer needs JavaScript.</noscript>
</body>
</html>
"""
UNBUILT: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Simurgh · API explorer</title></head>
<body>
<h1>The explorer is not built yet</h1>
<p>Build it in the folder <code>web</code>, then load this page again:</p>
<pre>npm ci --ignore-scripts
npm run build -- ../.build/graphiql</pre>
<p><code>python3 x.py run</code> does this by itself.</p>
</body>
</html>
"""


def routes(bundle: Path, endpoint: str) -> list[BaseRoute]:
    """The page and its files. `bundle` is what `npm run build -- bundle` wrote, `endpoint` the path of the GraphQL endpoint."""

    def page(_: Request) -> Response:
        try:
            manifest = json.loads((bundle / "manifest.json").read_text())
        except FileNotFoundError:
            return HTMLResponse(UNBUILT, status_code=503)
        files = {kind: f"{STATIC}/{name}" for kind, name in manifest.items()}
        return HTMLResponse(PAGE.format(config=_inert({"endpoint": endpoint}), **files))

    return [
        Route(PATH, page, middleware=[Middleware(_WithHeaders, headers=SECURITY | FRESH)]),
        Mount(
            STATIC,
            _Bundle(directory=bundle, check_dir=False),
            middleware=[Middleware(_WithHeaders, headers=SECURITY | FOREVER), Middleware(GZipMiddleware, compresslevel=LEVEL)],
            name="graphiql-static",
        ),
    ]


def _inert(value: object) -> str:
    """JSON that can't close the script element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


class _Bundle(StaticFiles):
    """Files of a folder that may be built after the server started: not found until then."""

    async def check_config(self) -> None:
        pass


class _WithHeaders:
    """Sets the same headers on every answer of an application."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)
