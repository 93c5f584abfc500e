"""The GraphQL client: one HTTP client for the app's life, tokens refreshed once for all, answers kept for offline."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from mobile.gateway import failures
from mobile.gateway.cache import Kept, OfflineCache
from mobile.gateway.documents import document
from mobile.gateway.failures import Refusal
from mobile.gateway.tokens import Tokens, TokenStore

# Refreshed this long before its end, so that a token doesn't die on its way.
EARLY = timedelta(seconds=30)
PATIENCE = httpx.Timeout(65.0, connect=5.0)
# Servers close idle connections after five seconds: ours are closed before, so that no request meets one that is just going.
LIMITS = httpx.Limits(keepalive_expiry=4.0)
AGENT = "Simurgh app/0.1"
REVALIDATED = frozenset({"Catalogue", "Help", "Incidents"})
"""Queries of what seldom changes: the server is asked whether the kept answer still holds, and sends a new one only if not."""


@dataclass(frozen=True)
class Answer:
    """What a query gave: data, the instant it is from, whether it is the offline copy, and fields that were refused."""

    data: dict[str, Any]
    at: datetime
    is_cached: bool = False
    refusals: tuple[Refusal, ...] = ()


class Got(NamedTuple):
    """What a request gave: data, refused fields, the body they came in, and what the server calls it if it may be asked about again."""

    data: dict[str, Any]
    refusals: tuple[Refusal, ...]
    body: bytes
    etag: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class Gateway:
    """Talks to one server for one person."""

    def __init__(
        self,
        server: str,
        *,
        tokens: TokenStore,
        cache: OfflineCache,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.server = server
        self.language = "fa"
        self.is_offline = False
        self.watch_network: Callable[[], Any] = lambda: None
        """Told whenever `is_offline` changes."""
        self._tokens = tokens
        self._cache = cache
        self._now = now
        self._http = httpx.AsyncClient(timeout=PATIENCE, limits=LIMITS, transport=transport, headers={"User-Agent": AGENT})
        self._refreshing: asyncio.Task[Tokens] | None = None
        self._unlisted: set[str] = set()  # documents that this server, older than the app, wants as text
        self._unlock(tokens.load())

    @property
    def is_signed_in(self) -> bool:
        """A token pair is kept; whether the server still honours it shows at the next request."""
        return self._tokens.load() is not None

    def sign_in(self, pair: dict[str, Any]) -> None:
        """Keeps the tokens of a new session and forgets the answers of the last one."""
        self._cache.clear()
        tokens = Tokens.of(pair)
        self._tokens.save(tokens)
        self._unlock(tokens)

    def forget(self) -> None:
        """Drops the tokens, with them the key of every kept answer, and the answers."""
        self._tokens.clear()
        self._unlock(None)
        self._cache.clear()

    async def query(self, operation: str, variables: dict[str, Any] | None = None) -> Answer:
        """Asks; without network gives the kept answer, or raises Offline when there is none. What may no longer be seen isn't kept."""
        variables = variables or {}
        question, seal = self._question(operation, variables), self._cache.seal
        try:
            got = await self._ask(operation, variables, self._revalidated if operation in REVALIDATED else self._post)
        except failures.Offline:
            kept = await self.recall(operation, variables)
            if kept is None:
                raise
            return kept
        except (failures.NoRight, failures.NotFound):
            self._cache.drop(question)
            raise
        at = self._now()
        if seal is self._cache.seal:  # nobody else signed in meanwhile
            self._cache.keep(question, Kept(got.body, at, got.etag))
        return Answer(data=got.data, at=at, refusals=got.refusals)

    async def recall(self, operation: str, variables: dict[str, Any] | None = None) -> Answer | None:
        """The kept answer, asking nobody; None when there is none."""
        kept = await self._cache.find(self._question(operation, variables or {}), now=self._now())
        if kept is None:
            return None
        got = _answer(kept.body)
        return Answer(data=got.data, at=kept.at, is_cached=True, refusals=got.refusals)

    async def reach(self) -> bool:
        """Whether the server answers at all."""
        try:
            await self._send(lambda: self._http.build_request("GET", f"{self.server}/healthz"))
        except failures.Offline:
            return False
        except failures.Failure:
            return True
        return True

    async def mutate(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Runs a mutation of one field and gives that field's payload; nothing of it is kept."""
        (payload,) = (await self._ask(operation, variables, self._post)).data.values()
        return dict(payload)

    async def download(self, url: str) -> bytes:
        """The content of a file behind one of the server's links."""
        response = await self._send(lambda: self._http.build_request("GET", url, headers=self._authorization()))
        return response.content

    async def close(self) -> None:
        """Ends the connections and finishes the offline copy."""
        await self._http.aclose()
        self._cache.close()

    async def _ask(self, operation: str, variables: dict[str, Any], send: Callable[[str, dict[str, Any]], Awaitable[Got]]) -> Got:
        await self._refresh_early()
        try:
            return await send(operation, variables)
        except failures.SessionEnded:
            if not self.is_signed_in:
                raise
            await self._refresh()
        return await send(operation, variables)

    async def _revalidated(self, operation: str, variables: dict[str, Any]) -> Got:
        """Asks by GET, naming the kept answer: "it still holds" comes without a body."""
        sent = document(operation)
        kept = await self._cache.find(self._question(operation, variables), now=self._now())
        if sent.id in self._unlisted:
            return await self._post(operation, variables)
        told = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
        parameters = {"documentId": sent.id, "operationName": operation, "variables": told}
        known = {"If-None-Match": kept.etag} if kept and kept.etag else {}
        response = await self._send(
            lambda: self._http.build_request(
                "GET", f"{self.server}/graphql", params=parameters, headers=self._wishes() | known | self._authorization()
            )
        )
        if kept and response.status_code == httpx.codes.NOT_MODIFIED:
            return _answer(kept.body, kept.etag)
        try:
            return _read(response)
        except failures.UnknownDocument:
            self._unlisted.add(sent.id)
            return await self._post(operation, variables)

    async def _post(self, operation: str, variables: dict[str, Any], *, as_nobody: bool = False) -> Got:
        """Asks by the document's id, and by its text where the server doesn't know it."""
        sent, rest = document(operation), {"operationName": operation, "variables": variables}
        if sent.id not in self._unlisted:
            try:
                return await self._send_body({"documentId": sent.id, **rest}, as_nobody=as_nobody)
            except failures.UnknownDocument:
                self._unlisted.add(sent.id)
        return await self._send_body({"query": sent.text, **rest}, as_nobody=as_nobody)

    async def _send_body(self, body: dict[str, Any], *, as_nobody: bool) -> Got:
        def build() -> httpx.Request:
            known = {} if as_nobody else self._authorization()
            return self._http.build_request("POST", f"{self.server}/graphql", json=body, headers=self._wishes() | known)

        return _read(await self._send(build))

    def _question(self, operation: str, variables: dict[str, Any]) -> str:
        """What an answer is kept under: the words depend on the language, and all of it on the server."""
        return f"{self.server} {self.language} {operation} {json.dumps(variables, sort_keys=True)}"

    def _unlock(self, tokens: Tokens | None) -> None:
        self._cache.unlock(bytes.fromhex(tokens.offline_key) if tokens else None)

    def _wishes(self) -> dict[str, str]:
        return {"Accept-Language": self.language, "Accept": "application/graphql-response+json, application/json"}

    async def _send(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        try:
            response = await self._http.send(build())
        except (httpx.TransportError, httpx.InvalidURL) as error:
            self._found(is_offline=True)
            raise failures.Offline(str(error)) from error
        self._found(is_offline=False)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise failures.TooMany(request_id=response.headers.get("x-request-id"))
        if response.is_server_error:
            raise failures.ServerFault(f"HTTP {response.status_code}", request_id=response.headers.get("x-request-id"))
        return response

    def _found(self, *, is_offline: bool) -> None:
        if is_offline is not self.is_offline:
            self.is_offline = is_offline
            self.watch_network()

    def _authorization(self) -> dict[str, str]:
        tokens = self._tokens.load()
        return {"Authorization": f"Bearer {tokens.access}"} if tokens else {}

    async def _refresh_early(self) -> None:
        tokens = self._tokens.load()
        if tokens and tokens.refresh and tokens.access_expires_at - EARLY <= self._now():
            await self._refresh()

    async def _refresh(self) -> None:
        """Rotates the tokens; callers that come meanwhile wait for the same rotation, since a refresh token works once."""
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._rotate())
            self._refreshing.add_done_callback(self._rotated)
        await asyncio.shield(self._refreshing)

    def _rotated(self, task: asyncio.Task[Tokens]) -> None:
        self._refreshing = None
        if not task.cancelled():
            task.exception()

    async def _rotate(self) -> Tokens:
        tokens = self._tokens.load()
        if tokens is None or tokens.refresh is None:
            raise failures.SessionEnded
        answer = (await self._post("SessionRefresh", {"input": {"refreshToken": tokens.refresh}}, as_nobody=True)).data["sessionRefresh"]
        pair = answer.get("tokens")
        if pair is None:
            self.forget()
            raise failures.SessionEnded(answer.get("message", ""))
        fresh = Tokens.of(pair, tokens.offline_key)
        self._tokens.save(fresh)
        return fresh


def _read(response: httpx.Response) -> Got:
    """Data and refused fields of a response; raises when the request as a whole failed."""
    return _answer(response.content, response.headers.get("etag"), response.status_code, response.headers.get("x-request-id"))


def _answer(content: bytes, etag: str | None = None, status: int = httpx.codes.OK, request_id: str | None = None) -> Got:
    """Data and refused fields of a GraphQL answer; raises when the request as a whole failed."""
    try:
        body = json.loads(content)
    except ValueError as error:
        raise failures.ServerFault(f"HTTP {status}", request_id=request_id) from error
    errors = body.get("errors") or []
    data = body.get("data")
    if data is None or (errors and all(value is None for value in data.values())):
        raise _failure(errors, status, request_id)
    refusals = tuple(Refusal(path=tuple(error.get("path") or ()), code=_code(error)) for error in errors)
    return Got(data, refusals, content, etag)


def _failure(errors: list[dict[str, Any]], status: int, request_id: str | None) -> failures.Failure:
    first = errors[0] if errors else {}
    found = request_id or first.get("extensions", {}).get("requestId")
    kind = failures.SessionEnded if status == httpx.codes.UNAUTHORIZED else failures.BY_CODE.get(_code(first), failures.ServerFault)
    return kind(first.get("message", f"HTTP {status}"), request_id=found)


def _code(error: dict[str, Any]) -> str:
    return str(error.get("extensions", {}).get("code", ""))
