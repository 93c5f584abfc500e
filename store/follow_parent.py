"""Runs a command that is told to stop as soon as the process that started it is gone, even by `kill -9` (Linux)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Becomes the command. Arguments: the id of the parent, then the command. The kernel's promise outlives the exec.

    The signal comes when the parent *thread* ends, so start this from a thread that lives as long as its process.
    SIGTERM and not SIGKILL: the document server writes its log down before it goes.
    """
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # gone before we could ask
            return
    os.execv(command[0], command)  # noqa: S606  the command is our own, word by word


if __name__ == "__main__":
    main(sys.argv[1:])
