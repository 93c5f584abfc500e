"""The sandbox gateway's pay page in the browser: a button for each way in which a payment can go."""

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.asking import Refusal, body_of
from api.dev.loopback import only_from_here
from gateways.psp_sandbox import Answer, SandboxGateway, Sitting

PATH = "/dev/pay"
FORM_BYTES = 1024
_HEADERS = {
    # no `form-action`: browsers hold it against where a form is sent on to, which here is the payer's own address
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_WORDS: Mapping[Answer, str] = {
    Answer.PAY: "Pay",
    Answer.REFUSE: "Refused by the bank",
    Answer.SLOW: "Pay; the gateway takes 20 seconds to say so",
    Answer.TWICE: "Pay; come back twice at once",
    Answer.NEVER: "Pay; never come back",
    Answer.LEAVE: "Go back without paying",
    Answer.FORGE: "Don't pay; come back saying it was paid",
}
_SAYS_OK = frozenset({Answer.PAY, Answer.SLOW, Answer.TWICE, Answer.FORGE})


def routes(gateway: SandboxGateway) -> list[Route]:
    """`/dev/pay/{authority}`, for loopback browsers only."""

    async def page(request: Request) -> Response:
        only_from_here(request)
        sitting = await run_in_threadpool(gateway.sitting, request.path_params["authority"])
        if sitting is None:
            raise HTTPException(404)
        return HTMLResponse(_page(_form(sitting)), headers=_HEADERS)

    async def act(request: Request) -> Response:
        only_from_here(request)
        authority = request.path_params["authority"]
        try:
            answer = Answer(parse_qs((await body_of(request, FORM_BYTES)).decode("ascii", "replace")).get("answer", [""])[0])
        except (ValueError, Refusal):
            raise HTTPException(400) from None
        sitting = await run_in_threadpool(gateway.act, authority, answer)
        if sitting is None:
            return HTMLResponse(_page("<p>This page is used up.</p>"), status_code=410, headers=_HEADERS)
        back = f"{sitting.callback_url}?{urlencode({'Authority': authority, 'Status': 'OK' if answer in _SAYS_OK else 'NOK'})}"
        if answer is Answer.NEVER:
            return HTMLResponse(_page("<p>Paid. Close this page now.</p>"), headers=_HEADERS)
        if answer is Answer.TWICE:
            both = f'<meta http-equiv="refresh" content="0;url={escape(back)}"><img src="{escape(back)}" alt="">'
            return HTMLResponse(_page("<p>Paid. Coming back twice …</p>", both), headers=_HEADERS)
        return RedirectResponse(back, status_code=303, headers=_HEADERS)

    return [Route(PATH + "/{authority}", page, methods=["GET"]), Route(PATH + "/{authority}", act, methods=["POST"])]


def _form(sitting: Sitting) -> str:
    buttons = "".join(
        f'<p><button name="answer" value="{answer.value}">{escape(words)}</button></p>' for answer, words in _WORDS.items()
    )
    return f'<article><h2>{escape(sitting.description)}</h2><p>IRR {sitting.amount:,}</p><form method="post">{buttons}</form></article>'


def _page(body: str, more: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox gateway · Simurgh</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/dev/inbox.css"></head><body>'
        f"<header><h1>Sandbox gateway</h1><p>No money moves here.</p></header><main>{body}{more}</main></body></html>"
    )
