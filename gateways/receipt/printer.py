"""Prints receipts: typst in a bounded pool of threads, with the fonts made at set-up."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from domain.kernel.locale import Locale
from domain.orders.receipt import ReceiptData
from gateways.receipt.view import view

FACES = "Text-*.ttf"
FAMILY = "Vazirmatn UI"
_TEMPLATE = Path(str(files(__package__).joinpath("receipt.typ")))


class TypstReceipts:
    """Prints receipts with the text faces in `fonts`, at most `threads` at a time; `close()` when done."""

    def __init__(self, fonts: Path, *, threads: int = 2) -> None:
        faces = sorted(fonts.glob(FACES))
        if not faces:
            raise FileNotFoundError(f"no {FACES} in {fonts}: the set-up of x.py makes them")
        # typst reads whole folders only, and this one holds faces of the same family for other uses.
        self._folder = TemporaryDirectory(prefix="simurgh-faces-")
        for face in faces:
            (Path(self._folder.name) / face.name).symlink_to(face.resolve())
        self._fonts = typst.Fonts(include_system_fonts=False, font_paths=[self._folder.name])
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="receipt")
        self._compilers = threading.local()

    async def render(self, receipt: ReceiptData, locale: Locale) -> bytes:
        """The receipt as PDF in this language; the same data make the same bytes."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._print, receipt, locale)

    def close(self) -> None:
        """Ends the threads when their receipts are printed, and removes the faces' folder."""
        self._pool.shutdown()
        self._folder.cleanup()

    def _print(self, receipt: ReceiptData, locale: Locale) -> bytes:
        shown = json.dumps({"font": FAMILY, **view(receipt, locale)}, ensure_ascii=False)
        # The time inside the PDF is the order's, so that a receipt printed again is the same file.
        pdf = self._compiler().compile(format="pdf", sys_inputs={"view": shown}, timestamp=int(receipt.placed_at.timestamp()))
        if not isinstance(pdf, bytes):  # typst answers a list for one picture a page, and nothing when it writes a file
            raise TypeError(type(pdf))
        return pdf

    def _compiler(self) -> typst.Compiler:
        """This thread's compiler."""
        own: typst.Compiler | None = getattr(self._compilers, "own", None)
        if own is None:
            own = self._compilers.own = typst.Compiler(_TEMPLATE, font_paths=self._fonts)
        return own
