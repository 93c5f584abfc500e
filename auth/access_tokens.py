"""Access tokens: short-lived JWTs (RFC 9068) that name a session; what they may do is asked of the store at each request."""

import hashlib
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
# times are checked against the request's clock rather than the machine's
_OPTIONS: jwt.types.Options = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False, "strict_aud": True}
MOST_REMEMBERED = 10_000
"""Genuine tokens of one process, some 5 MB; the first remembered is the first forgotten, and dies first as well."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a genuine token says."""

    person_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class _Genuine:
    """A token that was signed by the key `kid`, and when it lives."""

    kid: str
    began: datetime
    dies: datetime
    claims: AccessClaims


async def issue(ring: KeyRing, issuer: str, claims: AccessClaims, *, at: datetime, until: datetime | None = None) -> tuple[str, datetime]:
    """Signs a token for a session and says when it dies: in 15 minutes, or at `until` if that is sooner."""
    key = await ring.current(at)
    dies = min(at + ACCESS_LIFE, until or at + ACCESS_LIFE).replace(microsecond=0)
    payload = {
        "iss": issuer, "aud": AUDIENCE, "sub": str(claims.person_id), "sid": str(claims.session_id),
        "iat": int(at.timestamp()), "exp": int(dies.timestamp()), "jti": secrets.token_urlsafe(12),
    }  # fmt: skip
    return jwt.encode(payload, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": _TYPE}), dies


class Reader:
    """Reads access tokens; one whose signature was verified is not verified again, as nothing but its time and its key can change.

    Only genuine tokens are remembered, by their SHA-256, so that nobody fills the memory with others.
    """

    def __init__(self, ring: KeyRing, issuer: str) -> None:
        self._ring = ring
        self._issuer = issuer
        self._genuine: dict[bytes, _Genuine] = {}

    async def read(self, token: str, *, at: datetime) -> AccessClaims | None:
        """Checks a token's form, algorithm, key, type, issuer, audience, subject and times; None for anything that isn't wholly ours."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        digest = hashlib.sha256(token.encode()).digest()
        found = self._genuine.get(digest)
        if found is None:
            found = await self._verified(token, at)
            if found is None:
                return None
            if len(self._genuine) >= MOST_REMEMBERED:
                del self._genuine[next(iter(self._genuine))]
            self._genuine[digest] = found
        elif await self._ring.find(found.kid, at) is None:
            return None
        return found.claims if found.began - _DRIFT <= at < found.dies else None

    async def _verified(self, token: str, at: datetime) -> _Genuine | None:
        try:
            header = jwt.get_unverified_header(token)
            # exactly the header we write: no embedded or linked keys, no critical extensions, no second algorithm
            if header.keys() != {"alg", "kid", "typ"} or (header["alg"], header["typ"]) != (ALGORITHM, _TYPE):
                return None
            key = await self._ring.find(header["kid"], at)
            if key is None:
                return None
            claims = jwt.decode(token, key.public, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=self._issuer, options=_OPTIONS)
            began, dies = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
            if dies > began + ACCESS_LIFE:
                return None
            return _Genuine(key.kid, began, dies, AccessClaims(UUID(claims["sub"]), UUID(claims["sid"])))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError, OSError):
            return None
