"""Sets documents as PDF: typst in a bounded pool of threads, with the fonts made at set-up."""

import asyncio
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

FACES = "Text-*.ttf"
FAMILY = "Vazirmatn UI"


class Press:
    """Sets pages with the text faces in `fonts`, at most `threads` documents at a time; `close()` when done."""

    def __init__(self, fonts: Path, *, threads: int = 2) -> None:
        faces = sorted(fonts.glob(FACES))
        if not faces:
            raise FileNotFoundError(f"no {FACES} in {fonts}: the set-up of x.py makes them")
        # typst reads whole folders only, and this one holds faces of the same family for other uses.
        self._folder = TemporaryDirectory(prefix="simurgh-faces-")
        for face in faces:
            (Path(self._folder.name) / face.name).symlink_to(face.resolve())
        self._fonts = typst.Fonts(include_system_fonts=False, font_paths=[self._folder.name])
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="press")
        self._compilers = threading.local()

    async def print(self, template: Path, view: Mapping[str, Any], at: datetime) -> bytes:
        """A template with its view as PDF; `at` is the time inside the file, so that the same view makes the same bytes."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._print, template, view, at)

    def close(self) -> None:
        """Ends the threads when what they print is printed, and removes the faces' folder."""
        self._pool.shutdown()
        self._folder.cleanup()

    def _print(self, template: Path, view: Mapping[str, Any], at: datetime) -> bytes:
        shown = json.dumps({"font": FAMILY, **view}, ensure_ascii=False)
        pdf = self._compiler(template).compile(format="pdf", sys_inputs={"view": shown}, timestamp=int(at.timestamp()))
        if not isinstance(pdf, bytes):  # typst answers a list for one picture a page, and nothing when it writes a file
            raise TypeError(type(pdf))
        return pdf

    def _compiler(self, template: Path) -> typst.Compiler:
        """This thread's compiler of a template."""
        own: dict[Path, typst.Compiler] | None = getattr(self._compilers, "own", None)
        if own is None:
            own = self._compilers.own = {}
        if template not in own:
            own[template] = typst.Compiler(template, font_paths=self._fonts)
        return own[template]
