"""Brings one-time codes from the outbox to people; the outbox itself holds them sealed."""

import json
from base64 import b64decode
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from auth.otp import OTP_KIND
from auth.tables import ChallengeKind
from domain.kernel.clock import Clock
from domain.kernel.identifiers import Channel
from domain.kernel.ids import Kind, encode
from domain.kernel.locale import Locale
from domain.kernel.sealing import Sealed, Sealer
from domain.notifications import letters
from domain.notifications.ports import Mailer, PermanentDeliveryError, SmsSender
from store.outbox import Handler, Task

PASSWORD_LINK = "simurgh://password/"
"""Opens the app where it takes the code and the new password; the id of the challenge follows."""
LOG = structlog.get_logger("auth.delivery")


def code_handler(sealer: Sealer, mailer: Mailer, sms: SmsSender, clock: Clock) -> Handler:
    """The outbox's handler for kind `otp`: unseals the letter, writes it in the person's language and hands it over.

    Letters to nobody and letters that come too late are dropped; a refused recipient is final and isn't worth an alert.
    """

    async def deliver(task: Task) -> None:
        payload = task.payload
        challenge_id = UUID(payload["challenge"])
        sealed = Sealed(payload["key_id"], b64decode(payload["letter"]))
        letter = json.loads(sealer.open(sealed, OTP_KIND, challenge_id))
        if letter["to"] is None or clock.now() >= datetime.fromisoformat(payload["expires_at"]):
            return
        life, locale = timedelta(seconds=payload["life_seconds"]), Locale(letter["locale"])
        try:
            if letter.get("kind") == ChallengeKind.PASSWORD:
                link = f"{PASSWORD_LINK}{encode(Kind.CHALLENGE, challenge_id)}"
                await sms.send(letters.password_code_sms(challenge_id, letter["to"], letter["code"], link=link, locale=locale))
            elif Channel(letter["channel"]) is Channel.SMS:
                await sms.send(letters.otp_sms(challenge_id, letter["to"], letter["code"], valid_for=life, locale=locale))
            else:
                await mailer.send(letters.otp_mail(challenge_id, letter["to"], letter["code"], valid_for=life, locale=locale))
        except PermanentDeliveryError as error:
            LOG.warning("code_refused", challenge=str(challenge_id), error=str(error))

    return deliver
