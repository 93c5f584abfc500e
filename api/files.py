"""Downloads: a file for whoever holds a fresh link to it and could ask for the link again."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.world import World
from auth import links
from auth.identify import viewer_now
from domain.kernel.errors import AccessError, NotFound
from domain.kernel.locale import negotiate
from domain.kernel.messages import text
from domain.kernel.permissions import Permission
from domain.orders.queries import receipt_content

GONE = "error.link"


def routes(world: World) -> list[Route]:
    """`/files/{token}`; whatever is wrong with a link, the answer is the same 404."""

    async def download(request: Request) -> Response:
        at = world.clock.now()
        try:
            link = links.read(world.sealer, request.path_params["token"], at=at)
            actor = await viewer_now(world.auth, link.viewer, request.client.host if request.client else "", at=at)
            if actor is None or actor.is_masked:
                raise NotFound
            async with world.database.read() as session:
                found = await receipt_content(session, actor.scope(Permission.ORDER_READ, at), link.file_id)
            if found is None:
                raise NotFound
        except (NotFound, AccessError):
            return PlainTextResponse(text(GONE, negotiate(request.headers.get("accept-language"))), status_code=404)
        document, content = found
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(document.file_name)}",
            "cache-control": "private, no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return Response(content, media_type=document.media_type, headers=headers)

    return [Route("/files/{token}", download, methods=["GET"])]
