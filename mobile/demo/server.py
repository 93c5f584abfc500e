"""The door of the demo company: HTTP in, the answer of the operation's own method out."""

import asyncio
import hashlib
import json

import httpx

from mobile.demo.support import Support

FOR_STRANGERS = ("OtpRequest", "SessionCreate", "SessionRefresh", "PasswordSet", "Help", "Incidents")


class DemoServer(Support, httpx.AsyncBaseTransport):
    """Answers like the real server would, with switches for what can go wrong."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One HTTP request."""
        await asyncio.sleep(self.delay)
        if self.is_offline:
            raise httpx.ConnectError("no network", request=request)
        if self.is_broken:
            return httpx.Response(500, headers={"x-request-id": "7c2e-41fa"}, request=request)
        if request.method == "GET" and request.url.path != "/graphql":
            return httpx.Response(200, content=b"%PDF-1.7 demo", request=request)
        if request.method == "GET":
            body = dict(request.url.params) | {"variables": json.loads(request.url.params["variables"])}
        else:
            body = json.loads(await request.aread())
        operation = body["operationName"]
        self.asked.append(operation)
        self._language = request.headers.get("accept-language", "fa")
        if operation not in FOR_STRANGERS and (self.is_ended or request.headers.get("authorization") != f"Bearer {self.access}"):
            return self._refused("UNAUTHENTICATED", request)
        if operation in self.denied:
            return self._refused("FORBIDDEN", request)
        data = getattr(self, f"_{operation}")(**body["variables"])
        answer = httpx.Response(200, json={"data": data}, request=request)
        if request.method == "POST":
            return answer
        answer.headers["etag"] = f'"{hashlib.sha256(answer.content).hexdigest()}"'
        if request.headers.get("if-none-match") == answer.headers["etag"]:
            return httpx.Response(304, headers={"etag": answer.headers["etag"]}, request=request)
        return answer

    def _refused(self, code: str, request: httpx.Request) -> httpx.Response:
        error = {"message": code, "extensions": {"code": code, "requestId": "7c2e-41fa"}}
        return httpx.Response(200, json={"data": None, "errors": [error]}, request=request)
