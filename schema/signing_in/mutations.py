"""Signing in, proving oneself, signing out; no plans, as none of it is business."""

from typing import Annotated, Any, cast
from uuid import UUID

import strawberry

from auth import passwords, sessions, support, totp, viewer
from auth.identify import identify
from auth.otp import otp_request
from auth.sessions import Client, Tokens
from auth.wiring import Auth
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.kernel.context import Info
from schema.kernel.inputs import Requested
from schema.kernel.needs import Needs
from schema.kernel.outcomes import Problem, StepUpRequired
from schema.signing_in import loaders
from schema.signing_in.challenges import SignInChallenge
from schema.signing_in.failures import InvalidSecret, SecondFactorRequired
from schema.signing_in.inputs import (
    OtpRequestInput,
    PasswordSetInput,
    SessionCreateInput,
    SessionRefreshInput,
    SessionRevokeInput,
    SessionStepUpInput,
    SupportSessionOpenInput,
    TotpConfirmInput,
    TotpEnrollInput,
    ViewerUpdateInput,
)  # fmt: skip
from schema.signing_in.types import Session, TokenPair, Viewer


@strawberry.type(description="What `otpRequest` did.")
class OtpRequestPayload:
    """A question."""

    challenge: SignInChallenge = strawberry.field(description="The question to answer.")


@strawberry.type(description="What `sessionCreate` did.")
class SessionCreatePayload:
    """Tokens and who they are for."""

    tokens: TokenPair = strawberry.field(description="Tokens.")
    viewer: Viewer | None = strawberry.field(description="The viewer.")


@strawberry.type(description="What `sessionRefresh` did.")
class SessionRefreshPayload:
    """Tokens."""

    tokens: TokenPair = strawberry.field(description="Tokens.")


@strawberry.type(description="What `sessionStepUp` did.")
class SessionStepUpPayload:
    """The proven session."""

    session: Session = strawberry.field(description="The session.")


@strawberry.type(description="What `sessionRevoke` did.")
class SessionRevokePayload:
    """The ended sessions."""

    sessions: list[Session] = strawberry.field(description="Sessions ended, at most 50.")


@strawberry.type(description="What `passwordSet` did.")
class PasswordSetPayload:
    """The session that stays."""

    session: Session | None = strawberry.field(description="The session, null for who isn't signed in.")


@strawberry.type(description="What `totpEnroll` did.")
class TotpEnrollPayload:
    """The secret, as an address."""

    provisioning_uri: str = strawberry.field(description="`otpauth://` address for a QR code, shown only here.")


@strawberry.type(description="What `totpConfirm` did.")
class TotpConfirmPayload:
    """What to keep in a safe place."""

    recovery_codes: list[str] | None = strawberry.field(description="Ten recovery codes, shown only here; null when turned off.")


@strawberry.type(description="What `viewerUpdate` did.")
class ViewerUpdatePayload:
    """The viewer now."""

    viewer: Viewer = strawberry.field(description="The viewer.")


@strawberry.type(description="What `supportSessionOpen` did.")
class SupportSessionOpenPayload:
    """A view of one customer."""

    tokens: TokenPair = strawberry.field(description="Tokens.")
    session: Session = strawberry.field(description="The session.")


def _outcome(name: str) -> Any:
    return strawberry.union(f"{name[0].upper()}{name[1:]}Result", description=f"Outcome of `{name}`.")


OtpRequestResult = Annotated[OtpRequestPayload | Problem, _outcome("otpRequest")]
SessionCreateResult = Annotated[SessionCreatePayload | InvalidSecret | SecondFactorRequired | Problem, _outcome("sessionCreate")]
SessionRefreshResult = Annotated[SessionRefreshPayload | InvalidSecret | Problem, _outcome("sessionRefresh")]
SessionStepUpResult = Annotated[SessionStepUpPayload | InvalidSecret | Problem, _outcome("sessionStepUp")]
SessionRevokeResult = Annotated[SessionRevokePayload | Problem, _outcome("sessionRevoke")]
PasswordSetResult = Annotated[PasswordSetPayload | InvalidSecret | Problem, _outcome("passwordSet")]
TotpEnrollResult = Annotated[TotpEnrollPayload | StepUpRequired | Problem, _outcome("totpEnroll")]
TotpConfirmResult = Annotated[TotpConfirmPayload | InvalidSecret | StepUpRequired | Problem, _outcome("totpConfirm")]
ViewerUpdateResult = Annotated[ViewerUpdatePayload | Problem, _outcome("viewerUpdate")]
SupportSessionOpenResult = Annotated[SupportSessionOpenPayload | Problem, _outcome("supportSessionOpen")]


def _auth(info: Info) -> Auth:
    return cast(Auth, info.context.parts.auth)


def _client(info: Info) -> Client:
    return Client(info.context.address, info.context.user_agent)


async def _session(info: Info, id: UUID) -> Session:
    """A session of the viewer as it is now."""
    info.context.loaders.clear()
    return cast(Session, await info.context.load(loaders.sessions, id))


async def _becomes(info: Info, tokens: Tokens) -> Viewer | None:
    """From here on the request is asked by whoever just signed in."""
    context = info.context
    context.actor = await identify(_auth(info), f"Bearer {tokens.access_token}", context.address, at=context.now)
    context.loaders.clear()
    return cast(Viewer | None, context.actor)


@strawberry.type
class SigningInMutation:
    """In, again, and out."""

    @strawberry.mutation(
        description="Sends a code; known and unknown identities get the same answer. After a SIM or device change within 72 h an SMS is "
        "not sent, e-mail or TOTP serve instead. Open to strangers."
    )
    async def otp_request(self, info: Info, input: Requested[OtpRequestInput]) -> OtpRequestResult:
        """The code goes out after commit."""
        asked = await otp_request(_auth(info), input.to_request(info.context), at=info.context.now)
        return OtpRequestPayload(challenge=cast(SignInChallenge, asked))

    @strawberry.mutation(description="Signs in. Open to strangers.")
    async def session_create(self, info: Info, input: Requested[SessionCreateInput]) -> SessionCreateResult:
        """By the code or the password, and by the authenticator where there is one."""
        tokens = await sessions.session_create(_auth(info), input.proof.to_given(), _client(info), at=info.context.now)
        return SessionCreatePayload(tokens=TokenPair.of(tokens), viewer=await _becomes(info, tokens))

    @strawberry.mutation(description="Changes a refresh token for a new pair; a used one revokes the whole session. Open to strangers.")
    async def session_refresh(self, info: Info, input: Requested[SessionRefreshInput]) -> SessionRefreshResult:
        """Once."""
        tokens = await sessions.session_refresh(_auth(info), input.refresh_token, _client(info), at=info.context.now)
        return SessionRefreshPayload(tokens=TokenPair.of(tokens))

    @strawberry.mutation(description="Proves identity again, for actions that answer `StepUpRequired`.")
    async def session_step_up(self, info: Info, input: Requested[SessionStepUpInput]) -> SessionStepUpResult:
        """By a challenge or the password of one's own."""
        actor = info.context.asking()
        actor.own_session()  # who has none is refused before the proof is read
        id = await sessions.session_step_up(_auth(info), actor, input.proof.to_given(), _client(info), at=info.context.now)
        return SessionStepUpPayload(session=await _session(info, id))

    @strawberry.mutation(description="Signs out: HTTP at once, sockets within 5 s.")
    async def session_revoke(self, info: Info, input: Requested[SessionRevokeInput]) -> SessionRevokeResult:
        """One's own sessions."""
        ended = await sessions.session_revoke(_auth(info), info.context.asking(), input.to_ids(), at=info.context.now)
        return SessionRevokePayload(sessions=[await _session(info, id) for id in ended])

    @strawberry.mutation(description="Sets the permanent password, with a code as proof, and ends all other sessions. Open to strangers.")
    async def password_set(self, info: Info, input: Requested[PasswordSetInput]) -> PasswordSetResult:
        """A weak one leaves the code good."""
        given = input.proof.to_answer("proof")
        id = await passwords.password_set(_auth(info), info.context.actor, given, input.password, at=info.context.now)
        return PasswordSetPayload(session=await _session(info, id) if id else None)

    @strawberry.mutation(description="Begins setting up an authenticator; needs a fresh proof.")
    async def totp_enroll(self, info: Info, input: Requested[TotpEnrollInput]) -> TotpEnrollResult:
        """The one in use stays until the new one is confirmed."""
        uri = await totp.totp_enroll(_auth(info), info.context.asking(), label=input.label, at=info.context.now)
        return TotpEnrollPayload(provisioning_uri=uri)

    @strawberry.mutation(description="Ends setting it up with a first code, or turns it off.")
    async def totp_confirm(self, info: Info, input: Requested[TotpConfirmInput]) -> TotpConfirmResult:
        """Staff can't turn theirs off."""
        actor = info.context.asking()
        codes = await totp.totp_confirm(_auth(info), actor, code=input.code, remove=input.remove, at=info.context.now)
        return TotpConfirmPayload(recovery_codes=codes)

    @strawberry.mutation(description="Changes the viewer's own language; the viewer's own setting, so no plan.")
    async def viewer_update(self, info: Info, input: Requested[ViewerUpdateInput]) -> ViewerUpdateResult:
        """From the next text on."""
        info.context.actor = await viewer.viewer_update(_auth(info), info.context.asking(), input.locale)
        return ViewerUpdatePayload(viewer=cast(Viewer, info.context.actor))

    @strawberry.mutation(
        description="Opens a read-only, masked view of one customer, 30 minutes or until the ticket closes.",
        extensions=[Needs(Permission.SUPPORT_VIEW)],
    )
    async def support_session_open(self, info: Info, scope: Scope, input: Requested[SupportSessionOpenInput]) -> SupportSessionOpenResult:
        """Asked again for the same ticket, it goes on with the open view."""
        tokens = await support.support_session_open(
            _auth(info), info.context.asking(), decode_as(Kind.TICKET, input.ticket_id, "ticketId"), input.reason, _client(info),
            at=info.context.now,
        )  # fmt: skip
        return SupportSessionOpenPayload(tokens=TokenPair.of(tokens), session=await _session(info, tokens.session_id))
