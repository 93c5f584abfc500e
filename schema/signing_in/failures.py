"""Failures of signing in, told to a person and to a program."""

from typing import cast

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.types.field import StrawberryField

from auth import errors
from schema.kernel.context import Info
from schema.kernel.outcomes import UserError, told
from schema.signing_in.challenges import SignInChallenge


@strawberry.type(description="The proof was wrong, used or expired; known and unknown people get the same answer.")
class InvalidSecret(UserError):
    """Says how many guesses are left."""

    tries_left: int | None = strawberry.field(description="Guesses left for this challenge, null where none are counted.")


@strawberry.type(description="The first proof was right; another is needed.")
class SecondFactorRequired(UserError):
    """Asks the next question."""

    challenge: SignInChallenge = strawberry.field(description="Challenge to answer next.")


class InvalidSecretHandler(ExceptionHandler[errors.InvalidSecret, InvalidSecret]):
    """A proof that proves nothing."""

    def handle(self, exception: errors.InvalidSecret, *, field: StrawberryField, info: Info) -> InvalidSecret:
        """Tells it, with the guesses left."""
        return InvalidSecret(**told(exception, info.context), tries_left=exception.tries_left)


class SecondFactorRequiredHandler(ExceptionHandler[errors.SecondFactorRequired, SecondFactorRequired]):
    """Half a sign-in."""

    def handle(self, exception: errors.SecondFactorRequired, *, field: StrawberryField, info: Info) -> SecondFactorRequired:
        """Tells it, with the next question."""
        return SecondFactorRequired(**told(exception, info.context), challenge=cast(SignInChallenge, exception.challenge))


SIGN_IN_HANDLERS = (InvalidSecretHandler(), SecondFactorRequiredHandler())
