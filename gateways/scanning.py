"""Virus scanners: clamd over TCP or a Unix socket, and the embedded one that knows the EICAR test file alone."""

import asyncio
from typing import BinaryIO
from urllib.parse import urlsplit

from domain.files.ports import ScannerSilent

TIMEOUT_SECONDS = 60.0
_BLOCK = 1 << 20
_LONGEST_ANSWER = 4096
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # in two parts, or scanners would refuse this file


class ClamdScanner:
    """clamd's INSTREAM at `clamd://host:port` or `clamd:///path/of/its/socket`; a wrong URL is a `ValueError`.

    Its StreamMaxLength has to be as large as the largest upload.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme != "clamd" or not (parts.hostname or parts.path):
            raise ValueError("a virus scanner is clamd://host:port or clamd:///path")
        self._host, self._port, self._path = parts.hostname, parts.port or 3310, parts.path
        self._timeout = timeout

    async def scan(self, content: BinaryIO) -> str | None:
        """Sends the content in blocks that begin with their length, and reads one line."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._asked(content)
        except (OSError, EOFError, TimeoutError) as error:
            raise ScannerSilent(f"the virus scanner can't be reached ({type(error).__name__})") from error
        verdict = answer.removeprefix("stream: ")
        if verdict == "OK":
            return None
        if verdict.endswith(" FOUND"):
            return verdict.removesuffix(" FOUND")
        raise ScannerSilent(f"the virus scanner says {verdict[:100]!r}")

    async def _asked(self, content: BinaryIO) -> str:
        opening = asyncio.open_connection(self._host, self._port) if self._host else asyncio.open_unix_connection(self._path)
        reader, writer = await opening
        try:
            writer.write(b"zINSTREAM\0")
            while block := content.read(_BLOCK):
                writer.write(len(block).to_bytes(4, "big") + block)
                await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            answer = await reader.read(_LONGEST_ANSWER)
            return answer.rstrip(b"\0\n").decode(errors="replace")
        finally:
            writer.close()


class EicarScanner:
    """The scanner of development: finds the test file that every scanner finds, and nothing else."""

    async def scan(self, content: BinaryIO) -> str | None:
        """Looks at all of the content."""
        before = b""
        while block := content.read(_BLOCK):
            if _EICAR in before + block:
                return "Eicar-Test-Signature"
            before = block[-len(_EICAR) :]
        return None
