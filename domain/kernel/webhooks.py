"""Signatures of calls between systems (Standard Webhooks 1.0): HMAC-SHA256 over a call's id, time and body; pure, the time comes in."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far a call's time may be from ours."""
LONGEST_ID = 200
_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
_MOST_SIGNATURES = 5


def is_secret(text: str) -> bool:
    """Whether a text is `whsec_` and 24 to 64 bytes in base64."""
    return _key(text) is not None


def signature(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """The header `webhook-signature` of a call: `v1,` and the base64 of its HMAC; a secret that is none is a `ValueError`."""
    key = _key(secret)
    if key is None:
        raise ValueError("not a secret of Standard Webhooks")
    signed = b".".join((id.encode(), timestamp.encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def is_genuine(secret: str, id: str, timestamp: str, signatures: str, body: bytes, *, at: datetime) -> bool:
    """Whether a call was signed with our secret within five minutes of `at`; of several signatures one will do, as secrets change."""
    if not 0 < len(id) <= LONGEST_ID or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    expected = signature(secret, id, timestamp, body).encode()
    return any(hmac.compare_digest(expected, given.encode()) for given in signatures.split(" ")[:_MOST_SIGNATURES])


def _key(secret: str) -> bytes | None:
    if not secret.startswith(_PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in _SECRET_BYTES else None
