"""Secrets at rest: AES-GCM bound to the row that holds them, and keyed digests; every key is derived from the master key."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class Unsealable(Exception):
    """Sealed bytes that don't open: another row's, another key's, or changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored: nonce and ciphertext under the named key."""

    key_id: str
    data: bytes


class Sealer:
    """Seals under the first master key and opens under any of them, so that the key can be changed while rows are sealed anew.

    Digests can't be made anew: they stay with `digest_key`, which is the master key where no other is named.
    """

    def __init__(self, master: str, *others: str, digest_key: str | None = None) -> None:
        if not all((master, *others)) or digest_key == "":
            raise ValueError("an empty master key")
        self._ciphers = {_key_id(key): AESGCM(_derived(key, "seal")) for key in (*reversed(others), master)}
        self._pepper = _derived(digest_key or master, "digest")
        self.key_id = _key_id(master)

    def __repr__(self) -> str:
        """Names the key, never shows it."""
        return f"Sealer({self.key_id})"

    def knows(self, key_id: str) -> bool:
        """Whether this opens what is sealed under a key."""
        return key_id in self._ciphers

    def seal(self, secret: bytes, *row: str | UUID) -> Sealed:
        """Seals a secret for one row, named by its table or purpose and its ids."""
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(self.key_id, nonce + self._ciphers[self.key_id].encrypt(nonce, secret, _bound(self.key_id, row)))

    def open(self, sealed: Sealed, *row: str | UUID) -> bytes:
        """Opens what was sealed for this very row; anything else is `Unsealable`."""
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise Unsealable(f"sealed under the unknown key {sealed.key_id}")
        try:
            return cipher.decrypt(sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:], _bound(sealed.key_id, row))
        except (InvalidTag, ValueError):
            raise Unsealable(f"not sealed for this row under {sealed.key_id}") from None

    def digest(self, purpose: str, *parts: str | UUID) -> str:
        """A keyed SHA-256 (HMAC) in hex: for short secrets and identities, which a plain hash would give away to guessing."""
        return hmac.new(self._pepper, _bound(purpose, parts), hashlib.sha256).hexdigest()


def _derived(master: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"simurgh {purpose}".encode()).derive(master.encode())


def _key_id(master: str) -> str:
    return _derived(master, "key id").hex()[:8]


def _bound(first: str, parts: tuple[str | UUID, ...]) -> bytes:
    """The parts as bytes with their lengths, so that no two lists of parts read the same."""
    texts = [first.encode(), *((part.hex if isinstance(part, UUID) else part).encode() for part in parts)]
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)
