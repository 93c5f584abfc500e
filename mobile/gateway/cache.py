"""The offline copy: the last good answer of each query, sealed on the device, with its time and what the server calls it."""

import hashlib
import json
import logging
import pathlib
import secrets
import sqlite3
import zlib
from asyncio import wrap_future
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

log = logging.getLogger("simurgh.app")
_TABLE = "CREATE TABLE IF NOT EXISTS sealed (name BLOB PRIMARY KEY, at REAL NOT NULL, content BLOB NOT NULL) WITHOUT ROWID"
KEPT_FOR = timedelta(days=30)
MOST_BYTES = 24 * 1024**2
NONCE_BYTES = 12
KEY_BYTES = 32


class Kept(NamedTuple):
    """A kept answer: the body as it came, the instant it was right, and its ETag if the server gave one."""

    body: bytes
    at: datetime
    etag: str | None = None


class Seal:
    """Names, closes and opens answers by the key of one session: without it neither a question nor its answer can be read."""

    def __init__(self, key: bytes) -> None:
        self._key, self._cipher = key, AESGCM(key)

    def name(self, question: str) -> bytes:
        """What an answer is found by."""
        return hashlib.blake2b(question.encode(), key=self._key, digest_size=16).digest()

    def close(self, name: bytes, kept: Kept) -> bytes:
        """The answer as it lies on the device, bound to its name."""
        head = json.dumps([kept.at.isoformat(), kept.etag]).encode()
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(head + b"\n" + kept.body, 1), name)

    def open(self, name: bytes, content: bytes) -> Kept | None:
        """The answer again; None when another key closed it, or somebody changed it."""
        try:
            opened = self._cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], name)
        except InvalidTag:
            return None
        head, _, body = zlib.decompress(opened).partition(b"\n")
        at, etag = json.loads(head)
        return Kept(body, datetime.fromisoformat(at), etag)


class OfflineCache:
    """Keeps the most recent answers of one session: bounded by size and age, on a thread of its own, and nothing without a seal."""

    def __init__(self, path: pathlib.Path | None = None, *, most_bytes: int = MOST_BYTES) -> None:
        """In a file that is its owner's alone, or in memory when `path` is None."""
        self.seal: Seal | None = None
        self._path, self._most_bytes = path, most_bytes
        self._worker = ThreadPoolExecutor(1, "offline-copy")
        self._worker.submit(self._open)

    def unlock(self, key: bytes | None) -> None:
        """Keeps and finds with this key from now on; nothing at all without one."""
        self.seal = Seal(key) if key else None

    def keep(self, question: str, kept: Kept) -> None:
        """Replaces the answer to this question soon, and drops what is too old and, oldest first, what is over the bound."""
        if self.seal is not None:
            self._worker.submit(self._write, self.seal, question, kept)

    def drop(self, question: str) -> None:
        """Forgets the answer to this question."""
        if self.seal is not None:
            self._worker.submit(self._drop, "name = ?", self.seal.name(question))

    async def find(self, question: str, *, now: datetime) -> Kept | None:
        """The kept answer, or None."""
        if self.seal is None:
            return None
        return await wrap_future(self._worker.submit(self._read, self.seal, question, now))

    def clear(self) -> None:
        """Forgets every answer before it returns, and those that were still on their way."""
        self._worker.submit(self._wipe).result()

    def close(self) -> None:
        """Writes what is on its way and lets go of the file."""
        self._worker.submit(lambda: self._base.close()).result()
        self._worker.shutdown()

    # ── on the thread ──

    def _open(self) -> None:
        """A copy can be made again: a damaged one is, and where no file can be written it lives in memory."""
        try:
            self._connect(self._path)
        except (sqlite3.Error, OSError):
            log.warning("The offline copy could not be opened", exc_info=True)
            try:
                if self._path is not None:
                    self._path.unlink(missing_ok=True)
                self._connect(self._path)
            except (sqlite3.Error, OSError):
                self._connect(None)

    def _connect(self, path: pathlib.Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        self._base = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        self._base.execute(_TABLE)
        (self._bytes,) = self._base.execute("SELECT coalesce(sum(length(content)), 0) FROM sealed").fetchone()

    def _write(self, seal: Seal, question: str, kept: Kept) -> None:
        if seal is not self.seal:
            return  # that session is over
        name = seal.name(question)
        content = seal.close(name, kept)
        try:
            self._drop("name = ?", name)
            self._drop("at < ?", (kept.at - KEPT_FOR).timestamp())
            self._base.execute("INSERT INTO sealed VALUES (?, ?, ?)", (name, kept.at.timestamp(), content))
            self._bytes += len(content)
            while self._bytes > self._most_bytes:
                self._drop("name = (SELECT name FROM sealed ORDER BY at LIMIT 1)")
        except sqlite3.Error:
            log.warning("An answer could not be kept", exc_info=True)

    def _drop(self, which: str, *values: object) -> None:
        gone = self._base.execute(f"DELETE FROM sealed WHERE {which} RETURNING length(content)", values).fetchall()  # noqa: S608 - ours
        self._bytes -= sum(size for (size,) in gone)

    def _read(self, seal: Seal, question: str, now: datetime) -> Kept | None:
        name = seal.name(question)
        try:
            row = self._base.execute("SELECT content FROM sealed WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error:
            log.warning("A kept answer could not be read", exc_info=True)
            return None
        kept = seal.open(name, row[0]) if row else None
        return kept if kept and kept.at >= now - KEPT_FOR else None

    def _wipe(self) -> None:
        self._drop("true")
