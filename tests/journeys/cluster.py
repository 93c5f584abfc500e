"""Several processes of the real thing on one PostgreSQL, Redis and document store, and a balancer that heeds their `/readyz`."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.tooling.process_tree import clean_environment, free_port

SECONDS_TO_START = 60
SECONDS_TO_END = 30
LOOKS_EVERY = 0.1


@dataclass
class Process:
    """One API process or worker, its port, and what it printed."""

    command: str
    port: int
    output: Path
    process: "subprocess.Popen[bytes]"
    is_ready: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ready(self) -> "Process":
        """Returns when `/readyz` says ok."""
        deadline = time.monotonic() + SECONDS_TO_START
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                assert self.process.poll() is None, self.output.read_text()
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/readyz", timeout=5)).status_code == 200:
                        return self
                await asyncio.sleep(0.05)
        raise AssertionError(f"not ready:\n{self.output.read_text()}")

    async def stop(self) -> None:
        """Asks it to end and waits until it has, cleanly."""
        self.process.terminate()
        assert await asyncio.to_thread(self.process.wait, SECONDS_TO_END) == 0, self.output.read_text()
        assert "Traceback" not in self.output.read_text(), self.output.read_text()


@dataclass
class Cluster:
    """What runs; `environment` is the settings of all."""

    environment: dict[str, str]
    folder: Path
    apis: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def start(self, command: str) -> Process:
        """Starts an API process or a worker, which shows itself at the port given here either way."""
        port, output = free_port(), self.folder / f"{command}-{next(self.numbers)}.output"
        own = {"SIMURGH_PORT" if command == "serve" else "SIMURGH_METRICS_PORT": str(port)}
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "api", command], env=self.environment | own, stdout=file, stderr=subprocess.STDOUT
            )
        started = Process(command, port, output, process)
        (self.apis if command == "serve" else self.workers).append(started)
        return started

    async def replace(self, old: Process) -> None:
        """Stops a process and starts another one in its place, as a rolling restart does."""
        await old.stop()
        (self.apis if old.command == "serve" else self.workers).remove(old)
        await self.start(old.command).ready()

    def simurgh(self, *arguments: str) -> str:
        """Runs a command of the console script; returns what it says."""
        command = [sys.executable, "-P", "-m", "api", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True, timeout=60).stdout

    @asynccontextmanager
    async def balancer(self) -> AsyncIterator[str]:
        """An address whose connections go to the API processes that are ready, in turns."""
        turns = itertools.count()

        async def look() -> None:
            async with httpx.AsyncClient() as client:
                while True:
                    for api in [*self.apis]:
                        try:
                            api.is_ready = (await client.get(f"{api.url}/readyz", timeout=2)).status_code == 200
                        except httpx.TransportError:
                            api.is_ready = False
                    await asyncio.sleep(LOOKS_EVERY)

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ready = [api for api in self.apis if api.is_ready]
            try:
                behind = await asyncio.open_connection("127.0.0.1", ready[next(turns) % len(ready)].port)
            except (OSError, ZeroDivisionError):
                writer.close()
                return
            await asyncio.gather(_pass_on(reader, behind[1]), _pass_on(behind[0], writer))

        looking = asyncio.create_task(look())
        server = await asyncio.start_server(connect, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            looking.cancel()
            server.close()
            with suppress(asyncio.CancelledError):
                await looking

    def kill(self) -> None:
        """Ends whatever is left."""
        for process in [*self.apis, *self.workers]:
            process.process.kill()
            process.process.wait()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    with suppress(OSError):
        writer.close()


def settings_of(**values: Any) -> dict[str, str]:
    """The environment of a cluster's processes."""
    return clean_environment() | {f"SIMURGH_{name.upper()}": str(value) for name, value in values.items()}
