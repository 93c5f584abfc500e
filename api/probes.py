"""What a load balancer asks: is the process alive, and is it ready for people."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Ready = Callable[[], Awaitable[Mapping[str, bool]]]  # each part by name, and whether it answers


def probes(ready: Ready) -> list[Route]:
    """The routes `/healthz` (the process answers) and `/readyz` (so do its database and document server; 503 until they do)."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        parts = dict(await ready())
        fine = all(parts.values())
        return JSONResponse({"status": "ok" if fine else "unavailable", "parts": parts}, status_code=200 if fine else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
