"""Downloads: a file for whoever holds a fresh link to it and could ask for the link again."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api.world import World
from auth import links
from auth.identify import viewer_now
from domain.files.queries import blocks, kept
from domain.files.tables import SHARED
from domain.kernel.errors import AccessError, NotFound
from domain.kernel.locale import negotiate
from domain.kernel.messages import text
from schema.files.seen import SEEN

GONE = "error.link"


def routes(world: World) -> list[Route]:
    """`/files/{token}`; whatever is wrong with a link, the answer is the same 404."""

    async def download(request: Request) -> Response:
        at = world.clock.now()
        try:
            link = links.read(world.sealer, request.path_params["token"], at=at)
            actor = await viewer_now(world.auth, link.viewer, request.client.host if request.client else "", at=at)
            if actor is None:
                raise NotFound
            async with world.database.read() as session:
                (file,) = await kept(session, [link.file_id])
                if file is None or file.purpose not in SEEN or (actor.is_masked and file.purpose not in SHARED):
                    raise NotFound
                permission, finder = SEEN[file.purpose]
                if await finder(session, actor.scope(permission, at), [file.id]) == [None]:
                    raise NotFound
        except (NotFound, AccessError):
            return PlainTextResponse(text(GONE, negotiate(request.headers.get("accept-language"))), status_code=404)
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.file_name)}",
            "content-length": str(file.size_bytes),
            "cache-control": "private, no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return StreamingResponse(blocks(world.database, file.id), media_type=file.media_type, headers=headers)

    return [Route("/files/{token}", download, methods=["GET"])]
