"""Runs a Python script that ends as soon as the process that started it is gone, even by `kill -9`."""

import ctypes
import os
import runpy
import signal
import sys
import time
from threading import Thread

PR_SET_PDEATHSIG = 1
SECONDS_TO_STOP = 5


def main(arguments: list[str]) -> None:
    """Runs the script. Arguments: the id of the parent, the script, its own arguments.

    On Linux the kernel sends SIGTERM when the parent *thread* ends, so start this from a thread that lives as long as its process.
    Everywhere, a script that is still there some seconds after its parent is killed.
    """
    parent = int(arguments[0])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    Thread(target=_follow, args=(parent,), daemon=True).start()
    sys.argv = arguments[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    time.sleep(SECONDS_TO_STOP)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
