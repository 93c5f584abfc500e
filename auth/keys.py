"""The keys that sign access tokens: made on first use, kept sealed in SQL, published as JWKS before `rotate` has them sign."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm
from sqlalchemy import delete, func, update
from sqlmodel import col, select

from auth.rules import ACCESS_LIFE
from auth.tables import SigningKey
from domain.kernel.sealing import Sealed, Sealer
from store.session import Database, Session
from store.upsert import insert_or_ignore

ALGORITHM = "EdDSA"
_READ_AGAIN = timedelta(seconds=60)
_UNKNOWN_AGAIN = timedelta(seconds=2)
LEAD = 2 * _READ_AGAIN
"""How long a new key is published before it signs: whoever keeps our JWKS for a minute has it by then, and so has every process of ours."""
_KEPT = ACCESS_LIFE + 2 * _READ_AGAIN
"""How long a retired key still verifies: its last tokens live that long, wherever they were signed."""


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key in memory, with the half that verifies; it signs from `signs_at` until `retired_at`, null where no other follows."""

    kid: str
    private: Ed25519PrivateKey
    public: Ed25519PublicKey
    signs_at: datetime
    retired_at: datetime | None


class KeyRing:
    """The keys of all processes on one store; reads them again every minute, and for an unknown `kid` at most every two seconds."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer
        self._keys: Mapping[str, Key] = {}
        self._read_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def current(self, at: datetime) -> Key:
        """The key to sign with, the newest whose time has come; the first call ever makes it."""
        for _ in range(2):
            await self._fresh(at, _READ_AGAIN)
            in_use = [key for key in self._keys.values() if key.signs_at <= at and (key.retired_at is None or at < key.retired_at)]
            if in_use:
                return in_use[-1]
            async with self._database.write() as session:
                await self._add(session, at, signs_at=at)
            self._read_at = None
        raise RuntimeError("no signing key in use")

    async def find(self, kid: str, at: datetime) -> Key | None:
        """The key a token names, if tokens signed with it may still be alive."""
        await self._fresh(at, _READ_AGAIN)
        if kid not in self._keys:
            await self._fresh(at, _UNKNOWN_AGAIN)
        key = self._keys.get(kid)
        return key if key is not None and (key.retired_at is None or at < key.retired_at + _KEPT) else None

    async def rotate(self, at: datetime, *, lead: timedelta = LEAD, forget: bool = False) -> str:
        """Publishes a new key, has it sign after the lead, and returns its `kid`; tokens signed before live on.

        After a leak the old keys are to be forgotten: the new one signs at once, and every token signed before is dead.
        """
        signs_at = at if forget else at + lead
        async with self._database.write() as session:
            if forget:
                await session.execute(delete(SigningKey))
            following = update(SigningKey).where(col(SigningKey.retired_at).is_(None) | (col(SigningKey.retired_at) > signs_at))
            await session.execute(following.values(retired_at=signs_at))
            await self._add(session, at, signs_at=signs_at)
        self._read_at = None
        await self._fresh(at, _READ_AGAIN)
        return [*self._keys][-1]

    async def jwks(self, at: datetime) -> dict[str, Any]:
        """The public keys as a JSON Web Key Set (RFC 7517)."""
        await self.current(at)
        alive = (key for key in self._keys.values() if key.retired_at is None or at < key.retired_at + _KEPT)
        return {"keys": [OKPAlgorithm.to_jwk(key.public, as_dict=True) | {"kid": key.kid, "use": "sig", "alg": ALGORITHM} for key in alive]}

    async def _add(self, session: Session, at: datetime, *, signs_at: datetime) -> None:
        """Adds the next key; when another process adds it at the same time, the first one's stays."""
        last = (await session.scalars(select(func.max(SigningKey.seq)))).one() or 0
        kid = secrets.token_urlsafe(9)
        sealed = self._sealer.seal(Ed25519PrivateKey.generate().private_bytes_raw(), "auth_signing_keys", kid)
        row = {"kid": kid, "seq": last + 1, "key_id": sealed.key_id, "sealed": sealed.data, "created_at": at}
        await insert_or_ignore(session, SigningKey, [row | {"signs_at": signs_at}])

    async def _fresh(self, at: datetime, age: timedelta) -> None:
        if self._read_at is not None and abs(at - self._read_at) < age:
            return
        async with self._turn:
            if self._read_at is not None and abs(at - self._read_at) < age:
                return
            async with self._database.read() as session:
                rows = (await session.scalars(select(SigningKey).order_by(col(SigningKey.seq)))).all()
            self._keys = {row.kid: self._opened(row) for row in rows}
            self._read_at = at

    def _opened(self, row: SigningKey) -> Key:
        raw = self._sealer.open(Sealed(row.key_id, row.sealed), "auth_signing_keys", row.kid)
        private = Ed25519PrivateKey.from_private_bytes(raw)
        return Key(row.kid, private, private.public_key(), row.signs_at or row.created_at, row.retired_at)
