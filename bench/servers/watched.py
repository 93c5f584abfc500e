"""Runs a module as `python -m` would, and leaves what its garbage collections took, for whoever measures it.

Arguments: the file to leave them in; `--unsettled` if its collector is to stay as Python has it; the module and its own arguments.
"""

import gc
import runpy
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from api import budget, collecting


class Collection(msgspec.Struct, frozen=True, array_like=True):
    """One collection: when it began on the clock that all processes of a machine share, and how long everything stood still for it."""

    at: float
    seconds: float


class Watch:
    """Times the collections of this process."""

    def __init__(self) -> None:
        self._began = 0.0
        self._taken: list[tuple[float, float]] = []

    def __call__(self, phase: str, _: Any) -> None:
        """As `gc.callbacks` wants it."""
        if phase == "start":
            self._began = monotonic()
        else:
            self._taken.append((self._began, monotonic() - self._began))

    def write(self, path: Path) -> None:
        """Leaves them."""
        path.write_bytes(msgspec.json.encode(self._taken))


def read_collections(path: Path) -> list[Collection]:
    """What a watched process left."""
    return msgspec.json.decode(path.read_bytes(), type=list[Collection])


def leave_unsettled() -> None:
    """Has the product collect as if it had never thought of it."""
    for name, instead in (("keeping", nullcontext), ("settle", lambda: None)):
        setattr(collecting, name, instead)


def main(file: str, *words: str) -> None:
    """Runs the module to its end, which SIGTERM may be."""
    if words[0] == "--unsettled":
        leave_unsettled()
        words = words[1:]
    budget.CAPACITY = 10**15  # a measurement would spend any real one in a second
    watch = Watch()
    gc.callbacks.append(watch)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # uvicorn by itself dies of the signal it has answered
    sys.argv = list(words)
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    finally:
        watch.write(Path(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
