"""A small server with the contract's sign-in shapes, for the explorer to be driven against: one supporter, one customer."""

import enum
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NewType

import pyotp
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig
from strawberry.types.info import Info

from api.graphiql import routes

IDENTITY = "+989350001000"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
API_TOKEN = "smg_dev_partner"
TICKET = "T-1042"
ANSWERS = {  # as the error catalogue of the server words them, in two languages
    "wrong": {"en": "The code is wrong or too old.", "fa": "رمز نادرست است یا مهلتش گذشته است."},
    "unknown": {"en": "This token is not known or has expired."},
    "second": {"en": "One more proof is needed.", "fa": "یک تأیید دیگر لازم است."},
}


class State:
    """What the server remembers: codes sent, tokens alive, what was asked of it."""

    def __init__(self) -> None:
        self.inbox: list[dict[str, str]] = []
        self.codes: dict[str, str] = {}
        self.alive: dict[str, str] = {API_TOKEN: "partner"}  # access token → own, view or partner
        self.refresh_tokens: set[str] = set()
        self.totp_waiting: set[str] = set()
        self.number = itertools.count(1)
        self.asked: list[str] = []
        self.view_reason = ""

    def pair(self, kind: str) -> "TokenPair":
        """A new pair; the old access tokens of the kind die."""
        self.alive = {token: of for token, of in self.alive.items() if of != kind}
        serial = next(self.number)
        access, refresh = f"access-{serial}", f"refresh-{serial}"
        self.alive[access] = kind
        now = datetime.now(UTC)
        if kind == "view":
            return TokenPair(
                access_token=access, access_expires_at=now + timedelta(minutes=30), refresh_token=None, refresh_expires_at=None
            )
        self.refresh_tokens.add(refresh)
        return TokenPair(
            access_token=access,
            access_expires_at=now + timedelta(minutes=15),
            refresh_token=refresh,
            refresh_expires_at=now + timedelta(days=1),
        )


def state(info: Info) -> State:
    return info.context["request"].app.state.stub


def asker(info: Info) -> str | None:
    """own, view, partner or nobody, by the bearer token."""
    bearer = info.context["request"].headers.get("authorization", "").removeprefix("Bearer ")
    return state(info).alive.get(bearer)


def say(info: Info, key: str) -> str:
    language = info.context["request"].headers["accept-language"][:2]
    return ANSWERS[key].get(language, ANSWERS[key]["en"])


@strawberry.enum
class ErrorCode(enum.Enum):
    INVALID_SECRET = "INVALID_SECRET"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    NOT_FOUND = "NOT_FOUND"


@strawberry.enum
class ProofMethod(enum.Enum):
    OTP_SMS = "OTP_SMS"
    OTP_EMAIL = "OTP_EMAIL"
    TOTP = "TOTP"


@strawberry.enum
class OtpChannel(enum.Enum):
    SMS = "SMS"
    EMAIL = "EMAIL"


@strawberry.enum
class TicketState(enum.Enum):
    ACKNOWLEDGED = "ACKNOWLEDGED"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING = "PENDING"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


MSISDN = NewType("MSISDN", str)


@strawberry.interface
class UserError:
    code: ErrorCode
    message: str
    field: list[str] | None = None


@strawberry.type
class Problem(UserError): ...


@strawberry.type
class InvalidSecret(UserError):
    tries_left: int | None = None


@strawberry.type
class SignInChallenge:
    id: strawberry.ID
    methods: list[ProofMethod]
    code_length: int
    expires_at: datetime
    resend_at: datetime


@strawberry.type
class SecondFactorRequired(UserError):
    challenge: SignInChallenge | None = None


@strawberry.type
class TokenPair:
    access_token: str
    access_expires_at: datetime
    refresh_token: str | None
    refresh_expires_at: datetime | None


@strawberry.type
class Named:
    name: str


@strawberry.type
class Actor:
    label: str


@strawberry.type
class Membership:
    role: str
    organization: Named | None = None
    account: Named | None = None


@strawberry.type
class Ticket:
    id: strawberry.ID
    number: str
    title: str
    state: TicketState
    organization: Named


@strawberry.type
class Session:
    id: strawberry.ID
    proven_at: datetime
    ticket: Ticket | None = None


@strawberry.type
class Edge:
    node: Ticket


@strawberry.type
class TicketConnection:
    edges: list[Edge]


THE_TICKET = Ticket(
    id=strawberry.ID("ticket-1"),
    number=TICKET,
    title="خط مدیر فروش قطع است",
    state=TicketState.IN_PROGRESS,
    organization=Named(name="Alborz Holding"),
)


@strawberry.type
class Viewer:
    actor: Actor
    permissions: list[str]
    memberships: list[Membership]

    @strawberry.field
    def tickets(self, search: str | None = None, states: list[TicketState] | None = None, first: int = 20) -> TicketConnection:
        return TicketConnection(edges=[Edge(node=THE_TICKET)] if not search or search in THE_TICKET.number else [])


def viewer(kind: str) -> Viewer:
    if kind == "partner":
        return Viewer(actor=Actor(label="Kavir Dealers"), permissions=["SIM_READ"], memberships=[Membership(role="PARTNER")])
    return Viewer(actor=Actor(label="Neda Farahani"), permissions=["SUPPORT_VIEW", "TICKET_READ"], memberships=[Membership(role="SUPPORT")])


@strawberry.type
class OtpRequestPayload:
    challenge: SignInChallenge


@strawberry.type
class SessionCreatePayload:
    tokens: TokenPair
    viewer: Viewer


@strawberry.type
class SessionRefreshPayload:
    tokens: TokenPair


@strawberry.type
class SessionRevokePayload:
    sessions: list[Session]


@strawberry.type
class SessionStepUpPayload:
    session: Session


@strawberry.type
class SupportSessionOpenPayload:
    tokens: TokenPair
    session: Session


@strawberry.input
class OtpRequestInput:
    identity: str
    channel: OtpChannel


@strawberry.input
class CodeProofInput:
    challenge_id: strawberry.ID
    code: str


@strawberry.input(one_of=True)
class ProofInput:
    otp: strawberry.Maybe[CodeProofInput]
    totp: strawberry.Maybe[CodeProofInput]


@strawberry.input
class SessionCreateInput:
    proof: ProofInput


@strawberry.input
class SessionStepUpInput:
    proof: ProofInput


@strawberry.input
class SessionRefreshInput:
    refresh_token: str


@strawberry.input
class SessionRevokeInput:
    session_ids: list[strawberry.ID] | None = None


@strawberry.input
class SupportSessionOpenInput:
    ticket_id: strawberry.ID
    reason: str


@strawberry.input(one_of=True)
class SimKeyInput:
    msisdn: strawberry.Maybe[MSISDN]


@strawberry.type
class Sim:
    """Enough of a SIM card for one runbook."""

    id: strawberry.ID
    iccid: str
    status: str
    account: "Account"

    @strawberry.field
    def audit_trail(self, first: int) -> "AuditPage":
        return AuditPage(edges=[])


@strawberry.type
class Failure:
    code: str


@strawberry.type
class AuditEntry:
    at: datetime
    action: str
    by: Actor
    failure: Failure | None


@strawberry.type
class AuditEdge:
    node: AuditEntry


@strawberry.type
class AuditPage:
    edges: list[AuditEdge]


@strawberry.type
class Person:
    name: str


@strawberry.type
class Manager:
    role: str
    person: Person
    account: Named


@strawberry.type
class ManagerEdge:
    node: Manager


@strawberry.type
class ManagerPage:
    edges: list[ManagerEdge]


@strawberry.type
class Organization:
    name: str

    @strawberry.field
    def memberships(self, first: int) -> ManagerPage:
        manager = Manager(role="PROFILE_MANAGER", person=Person(name="S••• A•••"), account=Named(name="General account"))
        return ManagerPage(edges=[ManagerEdge(node=manager)])


@strawberry.type
class Account:
    name: str
    organization: Organization


@strawberry.type
class Query:
    @strawberry.field
    def viewer(self, info: Info) -> Viewer | None:
        kind = asker(info)
        return viewer(kind) if kind else None

    @strawberry.field
    def sim(self, info: Info, by: SimKeyInput) -> Sim | None:
        """Seen through a customer view only."""
        if asker(info) != "view":
            return None
        account = Account(name="Sales", organization=Organization(name="Alborz Holding"))
        return Sim(id=strawberry.ID("sim-1"), iccid="8998350000000000412", status="ACTIVE", account=account)


OtpRequestResult = Annotated[OtpRequestPayload | Problem, strawberry.union("OtpRequestResult")]
SessionCreateResult = Annotated[
    SessionCreatePayload | InvalidSecret | SecondFactorRequired | Problem, strawberry.union("SessionCreateResult")
]
SessionRefreshResult = Annotated[SessionRefreshPayload | InvalidSecret | Problem, strawberry.union("SessionRefreshResult")]
SessionStepUpResult = Annotated[SessionStepUpPayload | InvalidSecret | Problem, strawberry.union("SessionStepUpResult")]
SessionRevokeResult = Annotated[SessionRevokePayload | Problem, strawberry.union("SessionRevokeResult")]
SupportSessionOpenResult = Annotated[SupportSessionOpenPayload | Problem, strawberry.union("SupportSessionOpenResult")]


def challenge(info: Info, *methods: ProofMethod) -> SignInChallenge:
    now = datetime.now(UTC)
    handle = strawberry.ID(f"challenge-{next(state(info).number)}")
    return SignInChallenge(
        id=handle, methods=list(methods), code_length=6, expires_at=now + timedelta(seconds=120), resend_at=now + timedelta(seconds=60)
    )


def is_proven(info: Info, proof: ProofInput) -> bool:
    memory = state(info)
    if proof.totp:
        waits = proof.totp.value.challenge_id in memory.totp_waiting
        return waits and pyotp.TOTP(TOTP_SECRET).verify(proof.totp.value.code, valid_window=1)
    return proof.otp is not None and memory.codes.get(proof.otp.value.challenge_id) == proof.otp.value.code


@strawberry.type
class Mutation:
    @strawberry.mutation
    def otp_request(self, info: Info, input: OtpRequestInput) -> OtpRequestResult:
        memory = state(info)
        made = challenge(info, ProofMethod.OTP_SMS)
        code = f"{len(memory.inbox) + 1:06}"
        memory.codes[made.id] = code
        memory.inbox.insert(
            0, {"channel": "SMS", "to": input.identity, "subject": "", "text": f"Code: {code}", "at": str(datetime.now(UTC))}
        )
        return OtpRequestPayload(challenge=made)

    @strawberry.mutation
    def session_create(self, info: Info, input: SessionCreateInput) -> SessionCreateResult:
        if not is_proven(info, input.proof):
            return InvalidSecret(code=ErrorCode.INVALID_SECRET, message=say(info, "wrong"), tries_left=4)
        if input.proof.otp:
            second = challenge(info, ProofMethod.TOTP)
            state(info).totp_waiting.add(second.id)
            return SecondFactorRequired(code=ErrorCode.SECOND_FACTOR_REQUIRED, message=say(info, "second"), challenge=second)
        return SessionCreatePayload(tokens=state(info).pair("own"), viewer=viewer("own"))

    @strawberry.mutation
    def session_refresh(self, info: Info, input: SessionRefreshInput) -> SessionRefreshResult:
        memory = state(info)
        if input.refresh_token not in memory.refresh_tokens:
            memory.alive = {API_TOKEN: "partner"}  # a token used twice ends the session
            return InvalidSecret(code=ErrorCode.INVALID_SECRET, message=say(info, "wrong"))
        memory.refresh_tokens.remove(input.refresh_token)
        return SessionRefreshPayload(tokens=memory.pair("own"))

    @strawberry.mutation
    def session_step_up(self, info: Info, input: SessionStepUpInput) -> SessionStepUpResult:
        if asker(info) != "own" or not is_proven(info, input.proof):
            return InvalidSecret(code=ErrorCode.INVALID_SECRET, message=say(info, "wrong"), tries_left=4)
        return SessionStepUpPayload(session=Session(id=strawberry.ID("session-1"), proven_at=datetime.now(UTC)))

    @strawberry.mutation
    def session_revoke(self, info: Info, input: SessionRevokeInput) -> SessionRevokeResult:
        memory = state(info)
        ended = "view" if input.session_ids == ["session-view"] else "own"
        memory.alive = {token: kind for token, kind in memory.alive.items() if kind != ended}
        return SessionRevokePayload(sessions=[])

    @strawberry.mutation
    def support_session_open(self, info: Info, input: SupportSessionOpenInput) -> SupportSessionOpenResult:
        if asker(info) != "own" or input.ticket_id != THE_TICKET.id:
            return Problem(code=ErrorCode.NOT_FOUND, message="No such ticket.")
        state(info).view_reason = input.reason
        seen = Session(id=strawberry.ID("session-view"), proven_at=datetime.now(UTC), ticket=THE_TICKET)
        return SupportSessionOpenPayload(tokens=state(info).pair("view"), session=seen)


CONFIG = StrawberryConfig(scalar_map={MSISDN: strawberry.scalar(name="MSISDN", serialize=str, parse_value=str)})
schema = strawberry.Schema(Query, Mutation, types=[Problem], config=CONFIG)


class Door:
    """Refuses requests with a token nobody holds, as the server does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer and bearer not in request.app.state.stub.alive:
            error = {"message": ANSWERS["unknown"]["en"], "extensions": {"code": "UNAUTHENTICATED"}}
            await JSONResponse({"errors": [error]}, status_code=401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def inbox(request: Request) -> JSONResponse:
    messages = [message for message in request.app.state.stub.inbox if message["to"] == request.query_params["to"]]
    return JSONResponse({"messages": messages})


def stub_app(bundle: Path) -> Starlette:
    app = Starlette(
        routes=[
            Route("/graphql", Door(GraphQL(schema, graphql_ide=None))),
            Route("/dev/inbox.json", inbox),
            *routes(bundle, "/graphql"),
        ]
    )
    app.state.stub = State()
    return app
