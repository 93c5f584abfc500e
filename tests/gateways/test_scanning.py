"""Virus scanners: clamd's INSTREAM over TCP and a Unix socket, against a server that takes the protocol at its word."""

import asyncio
import io
from pathlib import Path

import pytest

from domain.files.ports import ScannerSilent
from gateways.scanning import ClamdScanner, EicarScanner

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """Collects what is streamed and answers as clamd does; above `most` bytes it says so and hangs up."""

    def __init__(self, most: int = 10_000_000) -> None:
        self.taken: list[bytes] = []
        self.most = most

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
            if len(content) > self.most:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                break
        else:
            self.taken.append(content)
            writer.write(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0")
        await writer.drain()
        writer.close()


@pytest.mark.parametrize("over", ["tcp", "unix"])
async def test_clamd_sees_all_of_it_and_is_believed(over: str, tmp_path: Path) -> None:
    clamd = Clamd()
    server = await (
        asyncio.start_server(clamd.serve, "127.0.0.1", 0) if over == "tcp" else asyncio.start_unix_server(clamd.serve, tmp_path / "clamd.ctl")
    )
    async with server:
        url = f"clamd://127.0.0.1:{server.sockets[0].getsockname()[1]}" if over == "tcp" else f"clamd://{tmp_path}/clamd.ctl"
        content = b"0123456789" * 250_000

        assert await ClamdScanner(url).scan(io.BytesIO(content)) is None
        assert await ClamdScanner(url).scan(io.BytesIO(content + EICAR)) == "Win.Test.EICAR_HDB-1"
    assert clamd.taken == [content, content + EICAR]


async def test_no_verdict_is_said_to_be_none(tmp_path: Path) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side gives up
        writer.close()

    clamd = Clamd(most=10)
    async with await asyncio.start_unix_server(clamd.serve, tmp_path / "full"), await asyncio.start_unix_server(mute, tmp_path / "mute"):
        for name, timeout in (("full", 5.0), ("mute", 0.2), ("gone", 5.0)):
            with pytest.raises(ScannerSilent):
                await ClamdScanner(f"clamd://{tmp_path}/{name}", timeout=timeout).scan(io.BytesIO(b"0" * 100))
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("url", ["http://clamd", "clamd://", "tcp://host:1"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="clamd://host:port"):
        ClamdScanner(url)


async def test_the_embedded_one_finds_the_test_file_wherever_it_stands() -> None:
    for before in (0, (1 << 20) - 30, (1 << 20) - 1, 3 << 20):
        assert await EicarScanner().scan(io.BytesIO(b"x" * before + EICAR + b"y")) == "Eicar-Test-Signature"
    assert await EicarScanner().scan(io.BytesIO(b"x" * (2 << 20) + EICAR[:-1])) is None
