"""The app's in-memory company behind a socket of this machine; writes its address, and serves until it is ended."""

import asyncio
import sys

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mobile.demo import DemoServer
from mobile.state.speech import utc_now


async def main(sims: int) -> None:
    """Serves a company of that many SIM cards."""
    company = DemoServer(now=utc_now, sims=sims)

    async def answer(request: Request) -> Response:
        asked = httpx.Request(request.method, str(request.url), headers=request.headers.raw, content=await request.body())
        told = await company.handle_async_request(asked)
        return Response(told.content, told.status_code, {"content-type": "application/json"})

    routes = [Route("/{path:path}", answer, methods=["GET", "POST"])]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", flush=True)  # noqa: T201 - what the bench waits for
    await serving


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
