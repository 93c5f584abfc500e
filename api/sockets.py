"""Subscriptions over a websocket on `/graphql` (graphql-transport-ws): who may listen, how much, and for how long.

The protocol itself is strawberry's; what passes before an operation runs, how errors are told and what is watched is that of HTTP.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from inspect import isawaitable
from typing import Any, Final, cast

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType, create_source_event_stream
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import CompleteMessage, SubscribeMessage
from strawberry.types.unset import UNSET

from api.admission import Admission, Refused
from api.asking import Asked, Refusal, well_formed
from api.graphql import NOTHING, objects_in, told
from api.seen import Seen
from api.watching import watched
from api.world import World
from auth.actor import Actor
from auth.identify import identify
from domain.approvals.watching import ApprovalWatch
from domain.jobs.watching import JobWatch
from domain.kernel.errors import AccessError, Busy, Unauthenticated
from domain.kernel.locale import Locale, negotiate
from schema.engine import operations
from schema.engine.encoding import encode
from schema.engine.executor import SubtreeExecutor, run
from schema.kernel.context import Context
from schema.root import schema
from store.faults import StoreBusy, StoreLost

PROTOCOL: Final = "graphql-transport-ws"
FRAME_BYTES: Final = 64 * 1024
MOST_SOCKETS: Final = 50
"""Sockets of one address at once."""
MOST_SUBSCRIPTIONS: Final = 10
LONGEST_ID: Final = 100
SECONDS_TO_SIGN_IN: Final = 10
SECONDS_AN_EVENT: Final = 5
LOOKS_EVERY: Final = 2.0
"""Seconds between looks whether the session or token still lives: a socket closes within 5 s of its end."""
IDLE: Final = 60.0
"""Seconds that a socket may be open without a subscription."""
UNAUTHENTICATED, IDLE_TOO_LONG, TOO_LARGE = 4401, 4408, 1009
Handler = BaseGraphQLTransportWSHandler[Any, None]


class Sockets:
    """Answers websockets on `/graphql`; one for all of a process."""

    def __init__(self, world: World, admission: Admission) -> None:
        self.world = world
        self.admission = admission
        self.jobs = JobWatch(world.database)
        self.approvals = ApprovalWatch(world.database, world.clock)
        self._open: Counter[str] = Counter()

    async def answer(self, websocket: WebSocket) -> None:
        """Talks with one client until either side ends it."""
        address = websocket.client.host if websocket.client else ""
        if PROTOCOL not in websocket.scope.get("subprotocols", ()):
            return await _refuse(websocket, 400, "INVALID_REQUEST", f"The protocol served here is {PROTOCOL}.")
        if self._open[address] >= MOST_SOCKETS:
            return await _refuse(websocket, 429, "RATE_LIMITED", f"At most {MOST_SOCKETS} sockets may be open from one address.")
        self._open[address] += 1
        try:
            await websocket.accept(subprotocol=PROTOCOL)
            await Conversation(self, websocket, address).hold()
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def _refuse(websocket: WebSocket, status: int, code: str, message: str) -> None:
    error = {"message": message, "extensions": {"code": code, "requestId": uuid.uuid4().hex}}
    await websocket.send_denial_response(JSONResponse({"errors": [error]}, status))


class _Wire:
    """A websocket as strawberry's handler takes it: JSON texts of at most 64 KB."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncIterator[Any]:
        """What the client says, until it leaves."""
        with suppress(WebSocketDisconnect):
            while True:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                if text is None:
                    raise NonTextMessageReceived
                if len(text) > FRAME_BYTES or len(text.encode(errors="surrogatepass")) > FRAME_BYTES:
                    await self.close(TOO_LARGE, "A message may have at most 64 KB")
                    return
                try:
                    said = orjson.loads(text)
                except orjson.JSONDecodeError:
                    raise NonJsonMessageReceived from None
                if not isinstance(said, dict):
                    raise NonJsonMessageReceived
                yield said

    async def send_json(self, message: Mapping[str, Any]) -> None:
        """Says something; raises `WebSocketDisconnected` when nobody is there any more."""
        try:
            await self._websocket.send_text(orjson.dumps(message).decode())
        except (WebSocketDisconnect, RuntimeError):
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        """Ends it."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(code, reason)


class Conversation(Handler):
    """One socket: signed in by `connection_init`, then up to ten subscriptions at once, none of them outliving the sign-in."""

    def __init__(self, sockets: Sockets, websocket: WebSocket, address: str) -> None:
        self._wire = _Wire(websocket)
        self._sockets = sockets
        self._address = address
        self._headers = websocket.headers
        self._authorization: str | None = None
        self._quiet_since = asyncio.get_running_loop().time()
        super().__init__(
            view=cast(Any, self), websocket=cast(Any, self._wire), context=None, root_value=None, schema=schema,
            connection_init_wait_timeout=timedelta(seconds=SECONDS_TO_SIGN_IN),
        )  # fmt: skip
        self.connection_params: Any = None
        self.context = self  # where the protocol leaves what `connection_init` brought

    async def hold(self) -> None:
        """Talks until the client leaves or its sign-in ends."""
        parts = {asyncio.create_task(self.handle()), asyncio.create_task(self._look_after())}
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        for part in done:
            part.result()

    async def _look_after(self) -> None:
        """Ends the conversation when whoever signed in may no longer listen, or when nothing is listened to."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            if self.operations:
                self._quiet_since = clock()
            elif clock() - self._quiet_since > IDLE:
                return await self._wire.close(IDLE_TOO_LONG, "Idle")
            if self.connection_acknowledged:
                with suppress(StoreBusy, StoreLost):  # it is asked again; no event goes out without having asked
                    if await self.actor() is None:
                        return await self._wire.close(UNAUTHENTICATED, "Unauthorized")

    async def actor(self) -> Actor | None:
        """Who signed in, with the rights of this moment; null once that has ended."""
        world = self._sockets.world
        return await identify(world.auth, self._authorization, self._address, at=world.clock.now())

    async def on_ws_connect(self, context: Any) -> Any:
        """Signs in: `{"authorization": "Bearer …"}` with an access token or an API token."""
        given = {str(name).lower(): value for name, value in (self.connection_params or {}).items()}.get("authorization")
        if isinstance(given, str) and given.isascii():
            self._authorization = given
            with suppress(StoreBusy, StoreLost):
                if await self.actor() is not None:
                    return UNSET
        raise ConnectionRejectionError

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begins a subscription, or says why not."""
        id: Any = message.get("id")
        if not self.connection_acknowledged:
            await self._wire.close(UNAUTHENTICATED, "Unauthorized")
        elif not isinstance(id, str) or not 1 <= len(id) <= LONGEST_ID or not isinstance(message.get("payload"), dict):
            await self.handle_invalid_message("Failed to parse message")
        elif id in self.operations:
            await self._wire.close(4409, f"Subscriber for {id} already exists")
        else:
            operation = self.operations[id] = Operation(self, id, "", None, None)
            operation.task = asyncio.create_task(Listening(self, operation, message["payload"]).listen())
            operation.task.add_done_callback(self._task_done)

    async def handle_complete(self, message: CompleteMessage) -> None:
        """Ends a subscription that the client no longer wants."""
        if isinstance(message.get("id"), str):
            await super().handle_complete(message)
        else:
            await self.handle_invalid_message("Failed to parse message")

    def locale(self, actor: Actor | None) -> Locale:
        """The language of what is told."""
        return negotiate(self._headers.get("accept-language"), [actor.locale if actor else None])

    def context_of(self, actor: Actor, request_id: str, operation: operations.Operation, live: "Listening") -> Context:
        """What the resolvers of a subscription have at hand."""
        world = self._sockets.world
        return Context(
            database=world.database, now=world.clock.now(), locale=self.locale(actor), actor=actor, address=self._address,
            user_agent=self._headers.get("user-agent"), request_id=request_id, parts=world, operation=operation, live=live,
        )  # fmt: skip


class Listening:
    """One subscription: each event is an answer of its own, with a request id, looked at, measured and paid for as over HTTP."""

    def __init__(self, talk: Conversation, operation: Operation[Any, None], payload: Mapping[str, Any]) -> None:
        self._talk = talk
        self._sockets = talk._sockets
        self._operation = operation
        self._payload = payload
        self._context: Context | None = None

    def news_of_job(self, job_id: uuid.UUID) -> AsyncGenerator[None, None]:
        """See `schema.kernel.context.Live`."""
        return self._sockets.jobs.news(job_id)

    def news_of_approvals(self) -> AsyncGenerator[uuid.UUID, None]:
        """See `schema.kernel.context.Live`."""
        return self._sockets.approvals.news()

    async def renew(self) -> None:
        """See `schema.kernel.context.Live`."""
        context, actor = self._context, await self._talk.actor()
        if context is None or actor is None:
            raise Unauthenticated
        context.actor, context.now, context.request_id = actor, self._sockets.world.clock.now(), uuid.uuid4().hex
        context.begin_anew()

    async def listen(self) -> None:
        """Sends what comes until the end, or the first error."""
        try:
            with suppress(WebSocketDisconnected):
                errors = await self._listened()
                if errors:
                    await self._operation.send_operation_message(
                        {"id": self._operation.id, "type": "error", "payload": cast(Any, errors)}
                    )
                else:
                    await self._operation.send_operation_message({"id": self._operation.id, "type": "complete"})
        finally:
            self._talk.operations.pop(self._operation.id, None)

    async def _listened(self) -> list[dict[str, Any]]:
        """Runs the subscription; returns why it couldn't begin or had to end."""
        seen = Seen(uuid.uuid4().hex)
        with watched(self._sockets.world, seen):
            try:
                operation, asked, stream = await self._begun(seen)
            except Exception as fault:
                return self._told(fault, seen)
        try:
            async with aclosing(stream):
                async for event in stream:
                    await self._send(operation, asked, event, seen)
        except WebSocketDisconnected:
            raise
        except Exception as fault:
            return self._told(fault, seen)
        return []

    def _told(self, fault: Exception, seen: Seen) -> list[dict[str, Any]]:
        """Faults as the client sees them: bugs are masked and logged, as everywhere."""
        if isinstance(fault, Refusal):
            seen.codes.append(fault.code)
            return [{"message": fault.message, "extensions": {"code": fault.code, "requestId": seen.request_id}}]
        found = fault.errors if isinstance(fault, Refused) else (fault,)
        errors = (error if isinstance(error, GraphQLError) else GraphQLError("", original_error=error) for error in found)
        locale = self._context.locale if self._context else self._talk.locale(None)
        shown = [told(error, locale, seen.request_id) for error in errors]
        seen.noted(shown)
        return shown

    async def _begun(self, seen: Seen) -> tuple[operations.Operation, Asked, AsyncGenerator[Any, None]]:
        """The operation with its events; raises what keeps it from beginning."""
        if len(self._talk.operations) > MOST_SUBSCRIPTIONS:
            raise Refusal(429, "LIMIT_REACHED", f"At most {MOST_SUBSCRIPTIONS} subscriptions run on one socket.")
        world, asked, actor = self._sockets.world, well_formed(self._payload), await self._talk.actor()
        if actor is None:
            raise Unauthenticated
        now = world.clock.now()
        operation = await self._sockets.admission.operation(asked, actor, seen, at=now)
        if operation.kind is not OperationType.SUBSCRIPTION:
            raise Refused(GraphQLError("Only subscriptions are served over a socket; use POST."))
        await self._sockets.admission.paid(operation, asked, str(actor.ref.id), at=now)
        context = self._context = self._talk.context_of(actor, seen.request_id, operation, self)
        values = operation.values(asked.variables)
        if isinstance(values, list):
            raise Refused(*values)
        found: Any = create_source_event_stream(SubtreeExecutor.of(operation, None, values, context, None))
        if isawaitable(found):
            found = await found
        if isinstance(found, ExecutionResult):
            raise Refused(*(found.errors or ()))
        return operation, asked, found

    async def _send(self, operation: operations.Operation, asked: Asked, event: Any, begun: Seen) -> None:
        """Answers one event."""
        world, context = self._sockets.world, cast(Context, self._context)
        seen = Seen(context.request_id, begun.operation, begun.kind)
        with watched(world, seen):
            try:
                async with asyncio.timeout(SECONDS_AN_EVENT):
                    result = await run(schema, operation, asked.variables, context, root=event, view=context.view, native=True)
                data, faults = encode(result.data), list(result.errors or ())
                await context.settle_looks(operation.node)
            except TimeoutError:
                data, faults = NOTHING, [GraphQLError("", original_error=Busy())]
            except AccessError as error:
                data, faults = NOTHING, [GraphQLError("", original_error=error)]
            errors = [told(error, context.locale, context.request_id) for error in faults]
            seen.noted(errors)
        spent = 1 + objects_in(data)
        await self._sockets.admission.budget.settle(str(context.asking().ref.id), -spent, now=context.now)
        payload: dict[str, Any] = {"data": orjson.Fragment(data), "extensions": {"cost": {"actual": spent}}}
        if errors:
            payload["errors"] = errors
        await self._operation.send_operation_message({"id": self._operation.id, "type": "next", "payload": cast(Any, payload)})


def routes(world: World, admission: Admission) -> list[BaseRoute]:
    """`/graphql` for those who listen."""
    return [WebSocketRoute("/graphql", Sockets(world, admission).answer)]
