"""A client of graphql-transport-ws straight on the application, without a network between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.types import ASGIApp


class Closed(Exception):
    """The server ended it, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """One socket: what it says is read in order."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def say(self, message: Any) -> None:
        """Sends a JSON text, or a text as it is."""
        await self.to_server.put({"type": "websocket.receive", "text": message if isinstance(message, str) else json.dumps(message)})

    async def hear(self, seconds: float = 5) -> Any:
        """The next message; raises `Closed`, or `TimeoutError`."""
        async with asyncio.timeout(seconds):
            message = await self.to_client.get()
        if message["type"] == "websocket.close":
            raise Closed(message.get("code", 1000))
        return json.loads(message["text"])

    async def sign_in(self, authorization: str | None) -> Any:
        """Introduces itself; returns what the server says to it."""
        await self.say({"type": "connection_init", "payload": {"authorization": authorization} if authorization else {}})
        return await self.hear()

    async def subscribe(self, operation_id: str, query: str, **variables: Any) -> None:
        """Begins to listen."""
        await self.say({"id": operation_id, "type": "subscribe", "payload": {"query": query, "variables": variables}})


@asynccontextmanager
async def connected(app: ASGIApp, *, address: str = "127.0.0.1", protocols: tuple[str, ...] = ("graphql-transport-ws",)) -> AsyncIterator[Socket]:
    """A socket that is open for the block; raises `Closed` with the HTTP status of a refusal."""
    socket = Socket()
    scope = {
        "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "scheme": "ws", "query_string": b"", "headers": [],
        "client": (address, 40000), "server": ("127.0.0.1", 8000), "subprotocols": list(protocols),
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    await socket.to_server.put({"type": "websocket.connect"})
    serving = asyncio.create_task(app(scope, socket.to_server.get, socket.to_client.put))
    try:
        first = await socket.to_client.get()
        if first["type"] != "websocket.accept":
            raise Closed(first["status"])
        assert first["subprotocol"] == "graphql-transport-ws"
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1000})
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await serving
        assert serving.done(), "a socket outlives its client"
