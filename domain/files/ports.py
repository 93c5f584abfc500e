"""What uploads ask of a virus scanner; adapters stand in `gateways/scanning.py`."""

from typing import BinaryIO, Protocol


class ScannerSilent(Exception):
    """No verdict that can be relied on: the file is neither clean nor infected, so it isn't taken."""


class Scanner(Protocol):
    """Looks for malicious software."""

    async def scan(self, content: BinaryIO) -> str | None:
        """The name of what was found in the content from its beginning, null when it is clean. Raises `ScannerSilent`."""
        ...
