"""A real Redis in a process of its own, without files."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from tests.tooling.process_tree import free_port

SECONDS_TO_START = 20


@dataclass
class RedisServer:
    """A Redis that can be stopped and started again at the same address."""

    port: int
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it takes connections."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise AssertionError("redis-server ended")

    def stop(self) -> None:
        """Ends it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@contextlib.contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running Redis for the block."""
    server = RedisServer(free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
