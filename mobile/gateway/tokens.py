"""Where the tokens of a session are kept: memory, a private file, or the device's key store."""

import json
import os
import pathlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from mobile.gateway.cache import KEY_BYTES


@dataclass(frozen=True)
class Tokens:
    """A token pair as the server gave it, whose refresh token works once, and the key of what the session keeps for offline."""

    access: str
    access_expires_at: datetime
    refresh: str | None
    refresh_expires_at: datetime | None
    offline_key: str

    @classmethod
    def of(cls, pair: dict[str, Any], offline_key: str | None = None) -> "Tokens":
        """From the contract's TokenPair; a session that begins gets a key of its own."""
        ends = pair["refreshExpiresAt"]
        return cls(
            access=pair["accessToken"],
            access_expires_at=datetime.fromisoformat(pair["accessExpiresAt"]),
            refresh=pair["refreshToken"],
            refresh_expires_at=datetime.fromisoformat(ends) if ends else None,
            offline_key=offline_key or secrets.token_hex(KEY_BYTES),
        )

    def to_json(self) -> str:
        """One line that `from_json` reads back."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def from_json(cls, text: str) -> "Tokens":
        """Reads what `to_json` wrote."""
        kept = json.loads(text)
        ends = kept["refresh_expires_at"]
        return cls(
            access=kept["access"],
            access_expires_at=datetime.fromisoformat(kept["access_expires_at"]),
            refresh=kept["refresh"],
            refresh_expires_at=datetime.fromisoformat(ends) if ends else None,
            offline_key=kept["offline_key"],
        )


class TokenStore(Protocol):
    """Keeps one token pair between runs."""

    def load(self) -> Tokens | None:
        """The kept pair, or None."""

    def save(self, tokens: Tokens) -> None:
        """Replaces the kept pair."""

    def clear(self) -> None:
        """Forgets it."""


class MemoryTokens:
    """Forgets everything when the app ends; for demos and tests."""

    def __init__(self) -> None:
        self._kept: Tokens | None = None

    def load(self) -> Tokens | None:
        """The kept pair, or None."""
        return self._kept

    def save(self, tokens: Tokens) -> None:
        """Replaces the kept pair."""
        self._kept = tokens

    def clear(self) -> None:
        """Forgets it."""
        self._kept = None


class FileTokens:
    """A file that only its owner can read (mode 600), replaced in one step; for desktops."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def load(self) -> Tokens | None:
        """The kept pair, or None; an unreadable file counts as none."""
        try:
            return Tokens.from_json(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def save(self, tokens: Tokens) -> None:
        """Replaces the kept pair."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(tokens.to_json())
        fresh.replace(self._path)

    def clear(self) -> None:
        """Forgets it."""
        self._path.unlink(missing_ok=True)
