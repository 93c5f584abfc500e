"""Questions to people, and their answers."""

from datetime import datetime
from typing import cast

import strawberry

from auth.passwords import Given, PasswordAnswer
from auth.proofs import Answer
from auth.rules import Asked
from domain.kernel.errors import InvalidInput
from domain.kernel.identifiers import Identity, parse_identity
from domain.kernel.ids import Kind, decode_as
from schema.kernel.nodes import global_id
from schema.kernel.outcomes import ProofMethod


@strawberry.type(description="An open question to a person; the same shape for known and unknown identities.")
class SignInChallenge:
    """Served straight from `auth.rules.Asked`."""

    id: strawberry.ID = global_id(Kind.CHALLENGE)
    code_length: int = strawberry.field(description="Digits of the code sent.")
    expires_at: datetime = strawberry.field(description="When the answer comes too late.")
    resend_at: datetime = strawberry.field(description="When another code may be asked for.")

    @strawberry.field(description="Ways to answer, at most 4.")
    def methods(self) -> list[ProofMethod]:
        """The first is the one that was sent."""
        return list(cast(Asked, self).methods)


@strawberry.input(description="A code answering a challenge.")
class CodeProofInput:
    """Which question, and the answer."""

    challenge_id: strawberry.ID = strawberry.field(description="Id of the challenge.")
    code: str = strawberry.field(description="Digits in any script.")

    def to_answer(self, *field: str, is_totp: bool = False) -> Answer:
        """The service's answer; an id that is no challenge's is `NotFound` at `field`."""
        return Answer(decode_as(Kind.CHALLENGE, self.challenge_id, *field, "challengeId"), self.code, is_totp=is_totp)


@strawberry.input(description="A password with its owner.")
class PasswordProofInput:
    """Whose, and which."""

    identity: str = strawberry.field(description="Mobile number or e-mail, in any common spelling.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(one_of=True, description="One proof of identity.")
class ProofInput:
    """Exactly one of its fields."""

    otp: CodeProofInput | None = strawberry.field(default=strawberry.UNSET, description="Code sent by SMS or e-mail.")
    totp: CodeProofInput | None = strawberry.field(
        default=strawberry.UNSET, description="Code of an authenticator app, or a recovery code."
    )

    password: PasswordProofInput | None = strawberry.field(default=strawberry.UNSET, description="Permanent password.")

    def to_given(self) -> Given:
        """The service's proof; an id that is no challenge's is `NotFound`, an identity that is none `InvalidInput`."""
        if self.password:
            return PasswordAnswer(identity_of(self.password.identity, "proof", "password", "identity"), self.password.password)
        given, name = (self.otp, "otp") if self.otp else (self.totp, "totp")
        assert given  # noqa: S101 (one_of: exactly one is there)
        return given.to_answer("proof", name, is_totp=name == "totp")


def identity_of(text: str, *field: str) -> Identity:
    """A typed identity; what is neither a number nor an address is `InvalidInput` at `field`."""
    try:
        return parse_identity(text)
    except InvalidInput as error:
        raise InvalidInput(error.message_key, field=field) from None
