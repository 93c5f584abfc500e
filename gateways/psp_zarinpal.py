"""A real gateway with a redirect: Zarinpal's REST interface, version 4, as its public documentation has it (decision 0093).

`POST <base>/v4/payment/{request,verify,inquiry,reverse}.json` with JSON and the merchant's id; answers are `{"data": {"code": …},
"errors": []}` or `{"data": [], "errors": {"code": …, "message": …}}`, whatever the status. The payer goes to `<base>/StartPay/<authority>`
and comes back with `Authority` and `Status` in the query, which are worth nothing until `verify` says 100, or 101 for what it said before.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from domain.payments.ports import GatewayRefused, GatewaySilent, Outcome, Page, PageRequest, Verdict

TIMEOUT_SECONDS = 15.0
_DONE, _DONE_BEFORE = 100, 101
_TOO_OFTEN = -12
_NO_SUCH_PAGE = -54
_NOT_TO_BE_REVERSED = range(-63, -59)
_STATUS: Mapping[str, Verdict] = {
    "IN_BANK": Verdict(Outcome.UNPAID),
    "PAID": Verdict(Outcome.PENDING),
    "VERIFIED": Verdict(Outcome.PENDING),  # only `verify` may say that money came
    "FAILED": Verdict(Outcome.REFUSED, reason="not completed"),
    "REVERSED": Verdict(Outcome.REFUSED, reason="reversed"),
}


class ZarinpalGateway:
    """A terminal at a URL `https://merchant@host/pg`; `close()` when done.

    Plain http is for a double on this machine; a wrong URL is a `ValueError` that doesn't repeat the merchant's id.
    """

    gives_back = True

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        given = httpx.URL(url)
        is_safe = given.scheme == "https" or (given.scheme == "http" and given.host in ("127.0.0.1", "localhost", "::1"))
        if not (is_safe and given.host and given.username):
            raise ValueError("a payment terminal is https://merchant@host/pg")
        self._merchant = given.username
        self._base = str(given.copy_with(username="", password="")).rstrip("/")
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)

    def __repr__(self) -> str:
        """Names no merchant."""
        return f"ZarinpalGateway({httpx.URL(self._base).host})"

    async def open_page(self, wanted: PageRequest) -> Page:
        """Asks for a page."""
        body = {
            "amount": wanted.amount, "currency": "IRR", "description": wanted.description, "callback_url": wanted.callback_url,
            "metadata": {"order_id": wanted.number},
        }  # fmt: skip
        code, told = await self._ask("request", body)
        authority = told.get("authority")
        if code == _DONE and isinstance(authority, str) and authority.isalnum():
            return Page(authority, f"{self._base}/StartPay/{authority}")
        if code < 0 and code != _TOO_OFTEN:
            raise GatewayRefused(f"{code} {told.get('message', '')}".strip())
        raise GatewaySilent(f"code {code} for a page")

    async def verify(self, authority: str, amount: int) -> Verdict:
        """Verifies; what it doesn't confirm is inquired about, as that alone tells unpaid from refused."""
        code, told = await self._ask("verify", {"amount": amount, "authority": authority})
        if code in (_DONE, _DONE_BEFORE):
            return Verdict(Outcome.DONE, reference=str(told["ref_id"]) if told.get("ref_id") else None)
        if code == _NO_SUCH_PAGE:
            return Verdict(Outcome.REFUSED, reason=f"{code} {told.get('message', '')}".strip())
        return await self._inquire(authority)

    async def give_back(self, authority: str, amount: int, whole: int, key: str) -> Verdict:
        """Reverses a payment: the whole of it, within the half hour that the gateway allows; anything else it leaves to people."""
        if amount != whole:
            return Verdict(Outcome.REFUSED, reason="only in whole")
        code, told = await self._ask("reverse", {"authority": authority})
        if code == _DONE:
            return Verdict(Outcome.DONE)
        if code not in _NOT_TO_BE_REVERSED:
            raise GatewaySilent(f"code {code} for a reversal")
        if (await self._inquire(authority)).reason == "reversed":  # by us, when the answer was lost
            return Verdict(Outcome.DONE)
        return Verdict(Outcome.REFUSED, reason=f"{code} {told.get('message', '')}".strip())

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _inquire(self, authority: str) -> Verdict:
        code, told = await self._ask("inquiry", {"authority": authority})
        verdict = _STATUS.get(str(told.get("status"))) if code == _DONE else None
        if verdict is None:
            raise GatewaySilent(f"code {code} and the unknown status {told.get('status')!r}")
        return verdict

    async def _ask(self, method: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """The code of an answer and what it tells; raises `GatewaySilent` for anything that isn't one."""
        try:
            response = await self._client.post(f"{self._base}/v4/payment/{method}.json", json={"merchant_id": self._merchant, **body})
            answer = response.json()
            told = answer.get("data") or answer.get("errors")
            return int(told["code"]), told
        except httpx.HTTPError as error:
            raise GatewaySilent(f"the gateway can't be reached ({type(error).__name__})") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise GatewaySilent(f"the gateway answers {response.status_code} with no answer of its own") from error
