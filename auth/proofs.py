"""Answers to challenges: every guess is counted in a transaction that commits before its failure is told."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from auth import limits, rules, totp
from auth.errors import InvalidSecret
from auth.otp import wrong_guesses_key
from auth.tables import Challenge, ChallengeKind
from auth.wiring import Auth
from domain.kernel.errors import DomainError, LimitReached
from domain.kernel.identifiers import Channel
from domain.kernel.proof import ProofMethod
from domain.kernel.text import digits_latin, without_invisible
from store.models import rows_changed
from store.session import Session


@dataclass(frozen=True, slots=True)
class Answer:
    """A code answering a challenge: the one sent, or (`is_totp`) one of the authenticator or a recovery code."""

    challenge_id: UUID
    code: str = field(repr=False)
    is_totp: bool = False


@dataclass(frozen=True, slots=True)
class Proven:
    """Who proved themselves by which means; `identity` (a keyed digest) and `channel` are what they gave, and were asked by."""

    person_id: UUID
    method: ProofMethod
    identity: str
    channel: Channel
    is_second: bool = False


async def answer(
    auth: Auth, session: Session, given: Answer, *, at: datetime, of: UUID | None = None, sets_password: bool = False
) -> Proven | DomainError:
    """Takes one guess; a right one uses the challenge up. A failure is returned, to be raised once the transaction is committed.

    `of` is the person a step-up must come from; a right answer of somebody else is as wrong as any. A challenge for a password alone is
    good for nothing but `sets_password`.
    """
    guess = (
        update(Challenge)
        .where(col(Challenge.id) == given.challenge_id, col(Challenge.tries) < rules.GUESSES)
        .where(col(Challenge.used_at).is_(None), col(Challenge.expires_at) > at)
        .values(tries=Challenge.tries + 1)
    )
    taken = rows_changed(await session.execute(guess))
    challenge = await session.get(Challenge, given.challenge_id, populate_existing=True)
    if not taken or challenge is None:
        return InvalidSecret(0, field=("proof",))
    wrong = wrong_guesses_key(challenge.identity)
    locked_until = await limits.opens_at(session, wrong, most=rules.WRONG_GUESSES, window=rules.WRONG_WINDOW, at=at)
    if locked_until is not None:
        return LimitReached("auth.locked", retry_at=locked_until)
    kinds = {ChallengeKind.CODE, ChallengeKind.PASSWORD} if sets_password else {ChallengeKind.CODE}
    method = await _means(auth, session, challenge, given, at, kinds, is_step_up=of is not None)
    if method is None or challenge.person_id is None or (of is not None and of != challenge.person_id):
        await limits.hit(session, wrong, window=rules.WRONG_WINDOW, at=at)
        return InvalidSecret(rules.GUESSES - challenge.tries, field=("proof",))
    challenge.used_at = at
    await session.flush()
    is_second = challenge.kind == ChallengeKind.SECOND_FACTOR
    return Proven(challenge.person_id, method, challenge.identity, Channel(challenge.channel), is_second)


async def reopen(session: Session, given: Answer) -> None:
    """Lets the code behind a right answer serve once more, as nothing came of it; the guess stays counted."""
    await session.execute(update(Challenge).where(col(Challenge.id) == given.challenge_id).values(used_at=None))


async def _means(
    auth: Auth, session: Session, challenge: Challenge, given: Answer, at: datetime, kinds: Collection[str], *, is_step_up: bool
) -> ProofMethod | None:
    """By which means the code is right; None when it is wrong."""
    if given.is_totp:
        is_right = await totp.use(auth, session, challenge.person_id, given.code, at=at)
        # alone it doesn't sign in, unless no SMS was sent because the line is new
        is_asked = is_step_up or challenge.is_withheld or challenge.kind == ChallengeKind.SECOND_FACTOR
        return ProofMethod.TOTP if is_right and is_asked else None
    typed = "".join(digits_latin(without_invisible(given.code)).split())
    is_right = hmac.compare_digest(auth.sealer.digest("code", challenge.id, typed), challenge.code_hash)
    if not is_right or challenge.kind not in kinds or challenge.is_withheld:
        return None
    return rules.methods_of(Channel(challenge.channel))[0]
