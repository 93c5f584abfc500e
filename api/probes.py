"""What a load balancer asks: is the process alive, and is it ready for people."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

NEEDED_BY_NOBODY = {"redis"}
"""Parts without which every request is answered: to take a process out of service for them would be the outage itself."""
Ready = Callable[[], Awaitable[Mapping[str, bool]]]  # each part by name, and whether it answers


def probes(ready: Ready) -> list[Route]:
    """The routes `/livez` and `/healthz` (the process answers), and `/readyz`: which parts do, 503 while one is missing that is needed."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        parts = dict(await ready())
        missing = {name for name, answers in parts.items() if not answers}
        status = "unavailable" if missing - NEEDED_BY_NOBODY else "degraded" if missing else "ok"
        return JSONResponse({"status": status, "parts": parts}, status_code=503 if status == "unavailable" else 200)

    return [Route("/livez", healthz), Route("/healthz", healthz), Route("/readyz", readyz)]
