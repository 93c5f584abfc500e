"""Starts the real `simurgh run` in a process of its own and watches its family."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 180  # a first run seeds the demo companies, and tests share the machine
SECONDS_TO_END = 15


class Tree:
    """A running `simurgh run`: its process, its address, what it printed."""

    def __init__(self, data: Path, *arguments: str, demo: str = "none") -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = data.parent / f"{data.name}.output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "api", "run", "--data", str(data), "--port", str(self.port), *arguments],
                env=clean_environment() | {"SIMURGH_DEMO": demo},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns when `/readyz` says ok; fails with what was printed when the process ends first."""
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output.read_text()}"
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready in {SECONDS_TO_START} s:\n{self.output.read_text()}")

    def said_after(self, words: str) -> str:
        """What was printed, once these words are among it."""
        deadline = time.monotonic() + SECONDS_TO_END
        while words not in self.output.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        """The process and everything it started."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def wait(self) -> int:
        """The exit code, soon."""
        return self.process.wait(SECONDS_TO_END)


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of Simurgh, with this clone importable and no demo to wait for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIMURGH_")}
    return {**kept, "PYTHONPATH": str(ROOT), "SIMURGH_DEMO": "none"}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def survivors(family: list[psutil.Process]) -> list[psutil.Process]:
    """Who of the family still runs after a few seconds."""
    return psutil.wait_procs(family, timeout=SECONDS_TO_END)[1]


@contextmanager
def running(data: Path, *arguments: str, demo: str = "none") -> Iterator[Tree]:
    """A tree that answers `/readyz`; whatever the test did, nothing of it is left afterwards."""
    tree = Tree(data, *arguments, demo=demo)
    family: list[psutil.Process] = []
    try:
        tree.wait_until_ready()
        family = tree.family()
        yield tree
    finally:
        for process in family or ([psutil.Process(tree.process.pid)] if tree.process.poll() is None else []):
            if process.is_running():
                process.kill()
        tree.process.wait()
