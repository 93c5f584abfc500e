"""The keys that sign access tokens, published for those who check them; `simurgh keys rotate` changes them."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api.world import World


def routes(world: World) -> list[Route]:
    """`/.well-known/jwks.json` (RFC 7517), to be kept for a minute."""

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse(await world.auth.keys.jwks(world.clock.now()), headers={"cache-control": "public, max-age=60"})

    return [Route("/.well-known/jwks.json", jwks)]
