"""`otpRequest`: asks a question and sends its code, in the same steps for identities that exist and for those that don't."""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from auth import limits, people, rules
from auth.tables import Challenge, ChallengeKind
from auth.wiring import Auth
from domain.kernel.errors import LimitReached
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.ids import uuid7
from domain.kernel.locale import Locale
from domain.kernel.quantity import Quantity, Unit
from store import outbox
from store.session import Session

OTP_KIND = "otp"


@dataclass(frozen=True, slots=True)
class OtpRequest:
    """Who asks for a code: the identity in stored form, where the code goes, the network address, the language if the person has none.

    `address` is null where a gateway asks for everybody; of kind `PASSWORD` the code sets a password and does nothing else.
    """

    identity: Identity
    channel: Channel
    address: str | None
    locale: Locale = Locale.FA
    kind: ChallengeKind = ChallengeKind.CODE


async def otp_request(auth: Auth, request: OtpRequest, *, at: datetime) -> rules.Asked:
    """Opens a challenge and sends its code through the outbox.

    Raises `LimitReached` after 3 codes an identity or 30 an address in 15 minutes and for a locked identity, known or not.
    """
    async with auth.database.write() as session:
        asked = await opened(auth, session, request, at=at)
    if isinstance(asked, LimitReached):
        raise asked
    return asked


async def opened(auth: Auth, session: Session, request: OtpRequest, *, at: datetime) -> rules.Asked | LimitReached:
    """The same inside a transaction; a used-up limit is returned, to be raised once the transaction is committed."""
    identity = auth.sealer.digest("identity", request.identity.channel, request.identity.address)
    closed_until = await _closed_until(auth, session, identity, request.address, at)
    if closed_until is None:
        return await _ask(auth, session, identity, request, at)
    return LimitReached("auth.too_many_codes", maximum=Quantity(rules.CODES_AN_IDENTITY, Unit.MESSAGE), retry_at=closed_until)


def wrong_guesses_key(identity: str) -> str:
    """The name of the limit on wrong guesses of one identity."""
    return f"otp-wrong:{identity}"


async def _closed_until(auth: Auth, session: Session, identity: str, address: str | None, at: datetime) -> datetime | None:
    """Counts this request under its limits; when one is used up nothing is counted, and the latest opening is returned."""
    codes = [(f"otp-identity:{identity}", rules.CODES_AN_IDENTITY)]
    if address is not None:
        origin = auth.sealer.digest("address", rules.address_group(address))
        codes.insert(0, (f"otp-address:{origin}", rules.CODES_AN_ADDRESS))
    closed = [await limits.opens_at(session, key, most=most, window=rules.CODES_WINDOW, at=at) for key, most in codes]
    closed.append(await limits.opens_at(session, wrong_guesses_key(identity), most=rules.WRONG_GUESSES, window=rules.WRONG_WINDOW, at=at))
    if any(closed):
        return max(until for until in closed if until)
    for key, _ in codes:
        await limits.hit(session, key, window=rules.CODES_WINDOW, at=at)
    return None


async def _ask(auth: Auth, session: Session, identity: str, request: OtpRequest, at: datetime) -> rules.Asked:
    person = await people.by_identity(session, request.identity, at, out=auth.out)
    is_withheld = request.channel is Channel.SMS and person is not None and rules.is_line_new(person.line_changed_at, at)
    to = None if person is None or is_withheld else person.address_for(request.channel)
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    challenge = Challenge(
        id=uuid7(),
        kind=request.kind,
        identity=identity,
        person_id=person.id if person else None,
        channel=request.channel,
        code_hash="",
        is_withheld=is_withheld,
        created_at=at,
        expires_at=at + rules.CODE_LIFE[request.channel],
    )
    challenge.code_hash = auth.sealer.digest("code", challenge.id, code)
    session.add(challenge)
    locale = Locale(person.locale) if person and person.locale else request.locale
    await _send(auth, session, challenge, to=to, code=code, locale=locale, at=at)
    return rules.Asked(challenge.id, rules.methods_of(request.channel), challenge.expires_at, at + rules.RESEND_AFTER)


async def _send(
    auth: Auth, session: Session, challenge: Challenge, *, to: str | None, code: str, locale: Locale, at: datetime
) -> None:
    """Puts the letter into the outbox, sealed; one to nobody is written just the same and dropped by the worker.

    Each code is a subject of its own: a code that can't be delivered must not hold up the person's next ones.
    """
    told = {"to": to, "code": code, "locale": locale, "channel": challenge.channel, "kind": challenge.kind}
    letter = json.dumps(told).ljust(400)
    sealed = auth.sealer.seal(letter.encode(), OTP_KIND, challenge.id)
    payload = {
        "challenge": challenge.id.hex, "key_id": sealed.key_id, "letter": b64encode(sealed.data).decode(),
        "expires_at": challenge.expires_at.isoformat(), "life_seconds": int((challenge.expires_at - at).total_seconds()),
    }  # fmt: skip
    await outbox.send(session, OTP_KIND, payload, subject=f"otp:{challenge.id}", at=at)
