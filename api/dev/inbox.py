"""The development inbox in the browser: what the system would have sent, newest first."""

from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape
from importlib.resources import files
from urllib.parse import quote
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from api.dev.loopback import only_from_here
from gateways.inbox import Inbox, InboxMessage

SHOWN = 100
REFRESH_SECONDS = 5
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE = files(__package__).joinpath("inbox.css").read_text(encoding="utf-8")

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(inbox: Inbox) -> list[Route]:
    """The inbox's page, its JSON and its attachments, for loopback browsers only."""

    async def page(request: Request) -> Response:
        to = request.query_params.get("to") or None
        messages = await run_in_threadpool(inbox.messages, to, most=SHOWN)
        return HTMLResponse(_page(messages, to))

    async def data(request: Request) -> Response:
        to = request.query_params.get("to") or None
        messages = await run_in_threadpool(inbox.messages, to, most=SHOWN)
        return JSONResponse({"messages": [_as_json(message, request) for message in messages]})

    async def attachment(request: Request) -> Response:
        message = await run_in_threadpool(inbox.message, request.path_params["id"])
        place = request.path_params["place"]
        if message is None or place >= len(message.attachments):
            raise HTTPException(404)
        found = message.attachments[place]
        disposition = f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}"
        return Response(found.content, media_type=found.media_type, headers={"Content-Disposition": disposition})

    async def style(request: Request) -> Response:
        return Response(_STYLE, media_type="text/css")

    return [
        Route("/dev/inbox", _guarded(page)),
        Route("/dev/inbox.json", _guarded(data)),
        Route("/dev/inbox.css", _guarded(style)),
        Route("/dev/inbox/{id:uuid}/{place:int}/{file_name}", _guarded(attachment), name="inbox_attachment"),
    ]


def _guarded(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    async def guarded(request: Request) -> Response:
        only_from_here(request)
        response = await endpoint(request)
        response.headers.update(_HEADERS)
        return response

    return guarded


def _as_json(message: InboxMessage, request: Request) -> dict[str, object]:
    base = str(request.base_url).rstrip("/")
    return {
        "id": str(message.id),
        "channel": message.channel.value,
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "at": message.at.isoformat().replace("+00:00", "Z"),
        "attachments": [
            {"fileName": attachment.file_name, "url": base + _path(message.id, place, attachment.file_name)}
            for place, attachment in enumerate(message.attachments)
        ],
    }


def _path(id: UUID, place: int, file_name: str) -> str:
    return f"/dev/inbox/{id}/{place}/{quote(file_name, safe='')}"


def _page(messages: list[InboxMessage], to: str | None) -> str:
    body = "".join(map(_article, messages)) or '<p class="empty">Nothing was sent yet.</p>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Inbox · Simurgh</title>'
        f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}"><meta name="viewport" content="width=device-width">'
        '<link rel="stylesheet" href="/dev/inbox.css"></head><body>'
        "<header><h1>Development inbox</h1><p>What would have been sent, newest first.</p>"
        f'<form><input name="to" type="search" aria-label="To" placeholder="Number or e-mail" value="{escape(to or "")}"></form></header>'
        f"<main>{body}</main></body></html>"
    )


def _article(message: InboxMessage) -> str:
    subject = f'<h2 dir="auto">{escape(message.subject)}</h2>' if message.subject else ""
    links = "".join(
        f'<li><a href="{escape(_path(message.id, place, attachment.file_name))}">{escape(attachment.file_name)}</a></li>'
        for place, attachment in enumerate(message.attachments)
    )
    return (
        f'<article><p><mark>{message.channel.value}</mark> <a href="?to={quote(message.to)}"><bdi>{escape(message.to)}</bdi></a>'
        f'<time datetime="{message.at.isoformat()}">{message.at:%Y-%m-%d %H:%M:%S} UTC</time></p>'
        f'{subject}<pre dir="auto">{escape(message.text)}</pre>{f"<ul>{links}</ul>" if links else ""}</article>'
    )
