"""What gateways tell us of people who want in: an empty SMS asks for a code that sets a password."""

from datetime import datetime, timedelta

from auth import limits
from auth.otp import OtpRequest, opened
from auth.tables import ChallengeKind
from auth.wiring import Auth
from domain.kernel.errors import AlreadyExists
from domain.kernel.identifiers import Channel, Identity
from domain.kernel.webhooks import TOLERANCE

REMEMBERED = 2 * TOLERANCE + timedelta(minutes=1)
"""Longer than any one signature is good for, however far apart the clocks stand."""


async def empty_sms(auth: Auth, number: str, *, call_id: str, at: datetime) -> None:
    """Answers an empty SMS of a number (E.164) with a code that sets a password, known and unknown numbers in the same steps.

    The limits of `otpRequest` hold for the number; when one is used up nothing is sent. A call told before is `AlreadyExists`, of any
    number at once all but one.
    """
    key = f"sms-hook:{auth.sealer.digest('sms hook', call_id)}"
    async with auth.database.write() as session:
        if await limits.opens_at(session, key, most=1, window=REMEMBERED, at=at) is not None:
            raise AlreadyExists
        await limits.hit(session, key, window=REMEMBERED, at=at)
        wanted = OtpRequest(Identity(Channel.SMS, number), Channel.SMS, None, kind=ChallengeKind.PASSWORD)
        await opened(auth, session, wanted, at=at)
