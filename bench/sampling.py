"""A statistical profile of this process by CPU time: which functions were running each time it had used some more of it."""

import json
import signal
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

SECONDS = 0.001
"""CPU between two samples; a kernel that counts in ticks of 4 ms makes it that."""

Stack = tuple[CodeType, ...]


class Sampler:
    """Counts the stacks of the main thread; begins on the first SIGUSR2, when what is to be measured is under way."""

    def __init__(self) -> None:
        self._counted: Counter[Stack] = Counter()

    def wait_for_signal(self) -> None:
        """Takes samples from SIGUSR2 on."""
        signal.signal(signal.SIGUSR2, self._begin)
        signal.siginterrupt(signal.SIGUSR2, False)

    def _begin(self, *_: object) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.siginterrupt(signal.SIGPROF, False)
        signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        self._counted[tuple(stack)] += 1

    def write(self, path: Path) -> None:
        """Ends, and leaves the stacks with their counts, innermost function first, each as [file, qualified name]."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        stacks = [[[[code.co_filename, code.co_qualname] for code in stack], count] for stack, count in self._counted.items()]
        path.write_text(json.dumps(stacks))
