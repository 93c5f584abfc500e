"""Measures one server under load for some seconds: wrk outside, /proc inside."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import msgspec

SCRIPT = Path(__file__).with_name("post.lua")
CONNECTIONS = 8
FEW, MORE = 4 * CONNECTIONS, 5
WAIT_SECONDS = 0.2
MOST_WAITS = 50
IDLE = 0.02
"""Seconds of CPU within one wait that a server uses for doing nothing."""
TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


class Faulty(Exception):
    """A server that answered some requests badly or not at all: its numbers would mean nothing."""


class Load(msgspec.Struct, frozen=True):
    """What wrk says: p50 in microseconds, bytes with headers, `sent` with those that time cut off."""

    sent: int
    answered: int
    microseconds: int
    bytes: int
    p50: int
    faults: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: milliseconds of CPU are those of the server's processes (and of PostgreSQL's, the document server's) a request."""

    rps: float
    cpu_ms: float
    p50_ms: float
    postgresql_ms: float
    documents_ms: float


def loaded(port: int, bodies: Path, token: str, *, seconds: int, smallest: int) -> Load:
    """Posts the bodies over eight connections for some seconds; raises `Faulty` on errors or when answers are smaller than they may be."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=30s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}/graphql"]
    environment = {**os.environ, "BENCH_BODIES": str(bodies), "BENCH_TOKEN": token}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    load = msgspec.json.decode(told.splitlines()[-1], type=Load)
    if load.faults or load.bytes < smallest * load.answered:
        raise Faulty(f"port {port}: {load}")
    return load


def sample(
    port: int, bodies: Path, token: str, *, seconds: int, smallest: int, server: int, postgresql: int | None, documents: int
) -> Sample:
    """One measurement of a server by its process, with what it cost the stores below; one so slow that few answers come gets more time."""
    watched = (server, postgresql, documents)
    before = [cpu_seconds(pid) for pid in watched]
    load = loaded(port, bodies, token, seconds=seconds, smallest=smallest)
    _wait_until_idle(server)
    if load.answered < FEW:
        before = [cpu_seconds(pid) for pid in watched]
        load = loaded(port, bodies, token, seconds=seconds * MORE, smallest=smallest)
        _wait_until_idle(server)
    if not load.answered:
        raise Faulty(f"port {port} answers nothing in {seconds * MORE} seconds")
    spent = [(cpu_seconds(pid) - start) * 1000 / load.sent for pid, start in zip(watched, before, strict=True)]
    return Sample(load.answered / load.microseconds * 1e6, spent[0], load.p50 / 1000, spent[1], spent[2])


def _wait_until_idle(server: int) -> None:
    """Lets a server finish what time cut off, so that the next one has the machine to itself and this one pays for all it was sent."""
    spent, before = cpu_seconds(server), -1.0
    for _ in range(MOST_WAITS):
        if spent - before < IDLE:
            return
        sleep(WAIT_SECONDS)
        spent, before = cpu_seconds(server), spent


def cpu_seconds(pid: int | None) -> float:
    """User and system time of a process and its descendants, those that have ended too; 0 for none."""
    return sum(_ticks(process) for process in _tree(pid)) / TICKS if pid else 0.0


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process and its living descendants."""
    pages = (int((PROC / str(process) / "statm").read_text().split()[1]) for process in _tree(pid))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        for thread in (PROC / str(pid) / "task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))
    except (FileNotFoundError, ProcessLookupError):
        return


def _ticks(pid: int) -> int:
    """utime and stime, its own and of the children it has outlived; 0 for a process that has just gone."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, fields[11:15]))
