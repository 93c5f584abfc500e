"""The offline copy: the last good answer of each query, in SQLite, with its time and what the server calls it."""

import json
import pathlib
import sqlite3
from datetime import UTC, datetime
from typing import Any, NamedTuple

_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, at TEXT NOT NULL, data TEXT NOT NULL, etag TEXT)"
KEPT_ANSWERS = 400


class Kept(NamedTuple):
    """A kept answer: its data, the instant it was right, and its ETag if the server gave one."""

    data: dict[str, Any]
    at: datetime
    etag: str | None = None


class OfflineCache:
    """Keeps the most recent answers of one person; cleared when they sign out."""

    def __init__(self, path: pathlib.Path | None = None) -> None:
        """In a file, or in memory when `path` is None."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        self._base = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._base.execute(_TABLE)

    def keep(self, operation: str, variables: dict[str, Any], data: dict[str, Any], *, at: datetime, etag: str | None = None) -> None:
        """Replaces the answer of this query and drops the oldest ones over the bound."""
        row = (_key(operation, variables), at.astimezone(UTC).isoformat(), json.dumps(data, ensure_ascii=False), etag)
        self._base.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
        self._base.execute("DELETE FROM answers WHERE key NOT IN (SELECT key FROM answers ORDER BY at DESC LIMIT ?)", (KEPT_ANSWERS,))

    def find(self, operation: str, variables: dict[str, Any]) -> Kept | None:
        """The kept answer, or None."""
        row = self._base.execute("SELECT data, at, etag FROM answers WHERE key = ?", (_key(operation, variables),)).fetchone()
        return Kept(json.loads(row[0]), datetime.fromisoformat(row[1]), row[2]) if row else None

    def clear(self) -> None:
        """Forgets every answer."""
        self._base.execute("DELETE FROM answers")

    def close(self) -> None:
        """Lets go of the file."""
        self._base.close()


def _key(operation: str, variables: dict[str, Any]) -> str:
    return f"{operation} {json.dumps(variables, sort_keys=True, ensure_ascii=False)}"
