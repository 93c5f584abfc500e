"""Access tokens: short-lived JWTs (RFC 9068) that name a session; what they may do is asked of the store at each request."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from auth.keys import ALGORITHM, KeyRing
from auth.rules import ACCESS_LIFE

AUDIENCE = "simurgh"
_TYPE = "at+jwt"
_LONGEST = 2048
_DRIFT = timedelta(seconds=60)
_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a genuine token says."""

    person_id: UUID
    session_id: UUID


async def issue(ring: KeyRing, issuer: str, claims: AccessClaims, *, at: datetime, until: datetime | None = None) -> tuple[str, datetime]:
    """Signs a token for a session and says when it dies: in 15 minutes, or at `until` if that is sooner."""
    key = await ring.current(at)
    dies = min(at + ACCESS_LIFE, until or at + ACCESS_LIFE).replace(microsecond=0)
    payload = {
        "iss": issuer, "aud": AUDIENCE, "sub": str(claims.person_id), "sid": str(claims.session_id),
        "iat": int(at.timestamp()), "exp": int(dies.timestamp()), "jti": secrets.token_urlsafe(12),
    }  # fmt: skip
    return jwt.encode(payload, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": _TYPE}), dies


async def read(ring: KeyRing, issuer: str, token: str, *, at: datetime) -> AccessClaims | None:
    """Checks a token's form, algorithm, key, type, issuer, audience, subject and times; None for anything that isn't wholly ours."""
    if len(token) > _LONGEST:
        return None
    try:
        header = jwt.get_unverified_header(token)
        # exactly the header we write: no embedded or linked keys, no critical extensions, no second algorithm
        if header.keys() != {"alg", "kid", "typ"} or (header["alg"], header["typ"]) != (ALGORITHM, _TYPE):
            return None
        key = await ring.find(header["kid"], at)
        if key is None:
            return None
        # times are checked below against the request's clock rather than the machine's
        options: jwt.types.Options = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False, "strict_aud": True}
        claims = jwt.decode(token, key.public, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=issuer, options=options)
        began, dies = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        if not (began - _DRIFT <= at < dies <= began + ACCESS_LIFE):
            return None
        return AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        return None
