"""What a client may send to sign in, prove itself and sign out."""

from uuid import UUID

import strawberry

from auth.otp import OtpRequest
from domain.kernel.ids import Kind, decode_as
from schema.kernel.context import Context
from schema.kernel.figures import Locale
from schema.signing_in.challenges import CodeProofInput, ProofInput, identity_of
from schema.signing_in.enums import OtpChannel


@strawberry.input(description="Input of `otpRequest`.")
class OtpRequestInput:
    """Who, and where to."""

    identity: str = strawberry.field(description="Mobile number or e-mail, in any common spelling.")
    channel: OtpChannel = strawberry.field(description="Where to send it.")

    def to_request(self, context: Context) -> OtpRequest:
        """The service's request; what is neither a number nor an address is `InvalidInput`."""
        return OtpRequest(identity_of(self.identity, "identity"), self.channel, context.address, context.locale)


@strawberry.input(description="Input of `sessionCreate`.")
class SessionCreateInput:
    """A proof."""

    proof: ProofInput = strawberry.field(description="First proof, or the second one asked for.")


@strawberry.input(description="Input of `sessionRefresh`.")
class SessionRefreshInput:
    """A single-use token."""

    refresh_token: str = strawberry.field(description="The refresh token.")


@strawberry.input(description="Input of `sessionStepUp`.")
class SessionStepUpInput:
    """A proof."""

    proof: ProofInput = strawberry.field(description="The proof.")


@strawberry.input(description="Input of `sessionRevoke`.")
class SessionRevokeInput:
    """Which sessions."""

    session_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Sessions to end; this one if null, at most 50.")

    def to_ids(self) -> list[UUID] | None:
        """The sessions' ids, null for this one."""
        return None if self.session_ids is None else [decode_as(Kind.SESSION, id, "sessionIds") for id in self.session_ids]


@strawberry.input(description="Input of `passwordSet`.")
class PasswordSetInput:
    """A proof and a wish."""

    proof: CodeProofInput = strawberry.field(description="Code from `otpRequest`, or the one that an empty SMS asked for.")
    password: str = strawberry.field(description="New password, 10–128 characters.")


@strawberry.input(description="Input of `totpEnroll`.")
class TotpEnrollInput:
    """A name."""

    label: str | None = strawberry.field(default=None, description="Name to show in the authenticator.")


@strawberry.input(description="Input of `totpConfirm`.")
class TotpConfirmInput:
    """A code, or the wish to turn it off."""

    code: str | None = strawberry.field(default=None, description="First code.")
    remove: bool = strawberry.field(default=False, description="Turn it off instead.")


@strawberry.input(description="Input of `viewerUpdate`.")
class ViewerUpdateInput:
    """A language."""

    locale: Locale = strawberry.field(description="Language of texts, mails and documents.")


@strawberry.input(description="Input of `supportSessionOpen`.")
class SupportSessionOpenInput:
    """For which ticket, and why."""

    ticket_id: strawberry.ID = strawberry.field(description="Ticket it serves; its organization is what is seen.")
    reason: str = strawberry.field(description="Why, in words, for the audit.")
