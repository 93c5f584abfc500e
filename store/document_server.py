"""The embedded document server: a SecantusDB child that speaks MongoDB's protocol on a free loopback port."""

import asyncio
import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import msgspec
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from store import follow_parent

DATABASE = "simurgh"
CACHE = "256M"
SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 10.0


class DocumentServerError(RuntimeError):
    """The embedded document server can't be started or joined; the message says what to do."""


@asynccontextmanager
async def document_server(data_dir: Path | None, *, join: bool = True) -> AsyncIterator[str]:
    """Yields the MongoDB URL of the data folder's document server, with a ping answered; None keeps documents in memory, for tests.

    With `join`, a server another process runs on the folder is used and left running; without it (the process that must outlive the
    others: `simurgh run`) a folder in use is refused. A server started here stops here, and when this process dies.
    """
    if data_dir is None:
        async with _started(":memory:", lock=None) as (port, _):
            yield _url(port)
        return

    note = _folder(data_dir) / "documents.json"
    # The server inherits the lock, so it is held for exactly as long as somebody owns the folder, however its owner ends.
    with (data_dir / "documents.lock").open("w") as lock:
        if url := await _neighbour(lock.fileno(), note, join=join):
            yield url
            return
        note.unlink(missing_ok=True)
        async with _started(str(data_dir / "documents"), lock=lock.fileno()) as (port, child):
            lock.close()
            _write(note, {"port": port, "pid": child.pid, "owner": os.getpid()})
            try:
                yield _url(port)
            finally:
                note.unlink(missing_ok=True)


async def answers(url: str) -> bool:
    """Whether the server at this loopback URL answers a ping within a second."""
    if not _listens(urlsplit(url).port or 0):  # the driver leaks a socket for each refused connection
        return False
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(url, serverSelectionTimeoutMS=1000)
    try:
        await client.admin.command("ping")
    except PyMongoError:
        return False
    else:
        return True
    finally:
        await client.close()


@asynccontextmanager
async def _started(storage: str, *, lock: int | None) -> AsyncIterator[tuple[int, subprocess.Popen[bytes]]]:
    port = _free_port()
    child = _start(storage, port, lock)
    try:
        await _wait_until_ready(child, port)
        yield port, child
    finally:
        await _stop(child, port)


def _start(storage: str, port: int, lock: int | None) -> subprocess.Popen[bytes]:
    program = Path(sysconfig.get_path("scripts")) / "secantusd-py"
    if not program.exists():
        raise DocumentServerError(
            "The embedded document server (secantusdb) is not installed. Set SIMURGH_MONGODB_URL to use a MongoDB of yours."
        )
    place = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", storage]
    command = [str(program), *place, "--cache-size", CACHE, "--log-level", "ERROR"]
    return subprocess.Popen(
        [sys.executable, "-I", follow_parent.__file__, str(os.getpid()), *command],
        stdin=subprocess.DEVNULL,
        pass_fds=[] if lock is None else [lock],
        start_new_session=True,  # Ctrl-C is for the parent, which stops its child last
    )


async def _wait_until_ready(child: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + SECONDS_TO_START
    while monotonic() < deadline:
        if child.poll() is not None:
            raise DocumentServerError(f"The embedded document server ended at once (exit code {child.returncode}); its reason is above.")
        if await answers(_url(port)):
            return
        await asyncio.sleep(0.05)
    raise DocumentServerError(f"The embedded document server did not answer within {SECONDS_TO_START:.0f} seconds.")


async def _stop(child: subprocess.Popen[bytes], port: int) -> None:
    """Asks the server to end; it waits for one more connection first, and can miss a signal that comes right after its start."""
    deadline = monotonic() + SECONDS_TO_STOP
    connections = 0
    while child.poll() is None:
        if connections % 5 == 0:
            child.terminate()
        connections += _listens(port)
        await asyncio.sleep(0.05)
        if monotonic() > deadline:
            child.kill()


async def _neighbour(lock: int, note: Path, *, join: bool) -> str | None:
    """The URL of the server to join, or None when the folder is ours now; waits for a server on its way out (or, to join it, up)."""
    deadline = monotonic() + SECONDS_TO_STOP
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        noted = _read(note)
        if join and noted and await answers(_url(noted["port"])):
            return _url(noted["port"])
        if monotonic() > deadline or (noted and not join and _alive(noted["owner"])):
            raise DocumentServerError(f"{note.parent} is in use by another process; stop it, or choose another folder with --data.")
        await asyncio.sleep(0.1)


def _folder(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    return data_dir


def _read(note: Path) -> dict[str, int] | None:
    try:
        return msgspec.json.decode(note.read_bytes(), type=dict[str, int])
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write(note: Path, content: dict[str, int]) -> None:
    """Writes in one step: a joiner never reads half a file."""
    draft = note.with_suffix(".tmp")
    draft.write_bytes(msgspec.json.encode(content))
    draft.replace(note)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _url(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/{DATABASE}?directConnection=true"
