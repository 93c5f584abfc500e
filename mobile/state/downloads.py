"""Files of the server, saved on the device by a fresh link."""

import pathlib
from typing import Any

from mobile.gateway import failures
from mobile.state.services import Services


class Download:
    """Saves one file after another; `problem` says why the last one failed."""

    def __init__(self, services: Services, folder: str = "bills") -> None:
        self.services, self.folder = services, folder
        self.problem: failures.Failure | None = None
        self.saved_to: pathlib.Path | None = None

    async def save(self, document: dict[str, Any]) -> pathlib.Path | None:
        """Its place, or None with `problem` set."""
        self.problem = None
        try:
            content = await self.services.gateway.download(document["url"])
        except failures.SessionEnded:
            self.services.session.end()
            return None
        except failures.Failure as failure:
            self.problem = failure
            return None
        folder = self.services.folder / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        # Only the name of the file: a server never chooses the folder.
        self.saved_to = folder / pathlib.PurePosixPath(document["fileName"]).name
        self.saved_to.write_bytes(content)
        return self.saved_to
