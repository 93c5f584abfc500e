"""A file of frames, compressed and sealed piece by piece, so that neither writing nor reading it takes memory, and a changed byte shows.

A magic line, a random salt, then pieces: four bytes of length and AES-256-GCM under a key that scrypt makes of the secret and the salt.
A piece is bound to its number, to whether it is the last one and to the salt, so none can be left out, moved or cut off. Inside is one
stream of zlib, in it frames: four bytes of length and msgpack.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"SIMURGH BACKUP 1\n"
SALT_BYTES: Final = 32
PIECE_BYTES: Final = 1 << 20
LONGEST_FRAME: Final = 1 << 28
LEVEL: Final = 3
SCRYPT: Final = {"n": 1 << 16, "r": 8, "p": 1}  # 64 MB and a fifth of a second for each guess
LAST: Final = 1 << 31


class BadBackup(Exception):
    """A file that is no backup of ours, doesn't open with this secret, or was changed."""


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt, 32, **SCRYPT).derive(secret))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")  # the key is this file's own: a counter never repeats


class Writer:
    """Writes frames to a new file that has its name only when it is whole."""

    def __init__(self, path: Path, secret: bytes) -> None:
        self._path, self._part = path, path.with_name(f"{path.name}.part")
        self._salt = os.urandom(SALT_BYTES)
        self._cipher = _cipher(secret, self._salt)
        self._compressor = zlib.compressobj(LEVEL)
        self._waiting = bytearray()
        self._number = 0
        self._file: BinaryIO = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._file.write(MAGIC + self._salt)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._waiting += self._compressor.flush()
            self._write_pieces()
            self._write(bytes(self._waiting), is_last=True)
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            os.replace(self._part, self._path)
        else:
            self._part.unlink(missing_ok=True)

    def put(self, frame: object) -> None:
        """Adds a frame."""
        body = msgspec.msgpack.encode(frame)
        self._waiting += self._compressor.compress(len(body).to_bytes(4, "big") + body)
        self._write_pieces()

    def _write_pieces(self) -> None:
        while len(self._waiting) >= PIECE_BYTES:
            self._write(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
            del self._waiting[:PIECE_BYTES]

    def _write(self, piece: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), piece, self._salt + bytes([is_last]))
        self._file.write((len(sealed) | (LAST if is_last else 0)).to_bytes(4, "big") + sealed)
        self._number += 1


def check(path: Path, secret: bytes) -> None:
    """Opens every piece and keeps none; raises `BadBackup` for whatever isn't as it was written, to its last byte."""
    for _ in _pieces(path, secret):
        pass


def frames(path: Path, secret: bytes) -> Iterator[bytes]:
    """The frames as msgpack, in order; raises `BadBackup`."""
    decompressor, waiting = zlib.decompressobj(), bytearray()
    for piece in _pieces(path, secret):
        waiting += decompressor.decompress(piece)
        while len(waiting) >= 4 and len(waiting) >= 4 + (size := int.from_bytes(waiting[:4], "big")):
            yield bytes(waiting[4 : 4 + size])
            del waiting[: 4 + size]
    if waiting or not decompressor.eof:
        raise BadBackup("it ends in the middle")


def _pieces(path: Path, secret: bytes) -> Iterator[bytes]:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise BadBackup("it is no backup of ours")
        salt = file.read(SALT_BYTES)
        cipher = _cipher(secret, salt)
        number, is_last = 0, False
        while not is_last:
            size = int.from_bytes(file.read(4), "big")
            is_last, size = bool(size & LAST), size & ~LAST
            sealed = file.read(min(size, PIECE_BYTES + 16))
            if size > PIECE_BYTES + 16 or len(sealed) != size:
                raise BadBackup(f"piece {number} was changed or is cut off")
            try:
                yield cipher.decrypt(_nonce(number), sealed, salt + bytes([is_last]))
            except (InvalidTag, ValueError):
                first = "the secret is another one, or its beginning was changed"
                raise BadBackup(f"piece {number} was changed or is cut off" if number else first) from None
            number += 1
        if file.read(1):
            raise BadBackup("something was added to its end")
