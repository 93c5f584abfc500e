"""The keys that sign access tokens: published for those who check them, changed by `simurgh keys rotate`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api.settings import Settings, read_settings
from api.world import World
from auth.keys import KeyRing
from domain.kernel.clock import SystemClock
from domain.kernel.sealing import Sealer
from store.session import Database

app = typer.Typer(name="keys", help="The keys that sign access tokens.", no_args_is_help=True)


@app.command("rotate")
def rotate(
    forget: Annotated[bool, typer.Option("--forget", help="The old key leaked: end every access token signed with it at once.")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder that holds all state (SIMURGH_DATA_DIR).", file_okay=False)] = None,
) -> None:
    """Signs with a new key from now on; tokens signed before live out their 15 minutes. Run it as often as you like."""
    typer.echo(f"signing with {asyncio.run(_rotate(read_settings(data_dir=data), forget=forget))}")


async def _rotate(settings: Settings, *, forget: bool) -> str:
    database = Database(settings.database_url)
    try:
        return await KeyRing(database, Sealer(settings.secret_key)).rotate(SystemClock().now(), forget=forget)
    finally:
        await database.close()


def routes(world: World) -> list[Route]:
    """`/.well-known/jwks.json` (RFC 7517), to be kept for a minute."""

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse(await world.auth.keys.jwks(world.clock.now()), headers={"cache-control": "public, max-age=60"})

    return [Route("/.well-known/jwks.json", jwks)]
