"""Flings through a whole list of SIM cards, and what each frame takes of the main thread's CPU."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.apps.window import run

FASTEST, SLOWEST, FRICTION = 240.0, 24.0, 0.05
QUIET_FRAMES = 30
"""Pixels a frame at the start and at the end of a fling, and what it loses a frame, as by a finger at 60 frames a second; frames before."""


class Flinging:
    """Called after each frame: measures it, then moves the list on for the next."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._speed, self._scrolled, self._has_moved = FASTEST, 0.0, False
        self._quiet = 0
        self._cpu = time.thread_time()
        self.frames_ms: list[float] = []
        self.waiting = 0

    def __call__(self, app: Any, window: Any) -> None:
        if self._has_moved:
            self.frames_ms.append((time.thread_time() - self._cpu) * 1000)
        self._has_moved = self._move(app, app.shell)
        window.canvas.ask_update()
        self._cpu = time.thread_time()

    def _move(self, app: Any, shell: Any) -> bool:
        if not self.frames_ms and shell.page.model.phase.name != "READY":
            return False
        if shell._stacks.root != "sims":
            shell.switch("sims")
            return False
        rows = shell.page.rows
        hidden = rows.full_height - rows.height
        self._quiet += 1
        if hidden <= 0 or self._quiet < QUIET_FRAMES:
            return False
        if self._scrolled >= hidden:
            if len(shell.page.model.nodes) >= self._wanted:
                print(json.dumps([self.frames_ms, self.waiting]))  # noqa: T201 - what the bench reads
                app.stop()
            self.waiting += 1
            return False
        self._scrolled = min(hidden, self._scrolled + self._speed)
        self._speed = FASTEST if self._speed < SLOWEST else self._speed * (1 - FRICTION)
        rows.scroll_y = 1 - self._scrolled / hidden
        return True


if __name__ == "__main__":
    run(Path(sys.argv[1]), Flinging(int(sys.argv[2])))
