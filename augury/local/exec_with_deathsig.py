"""Become a command that is told to stop when the process that started it dies.

Run by path, as ``python -I -S exec_with_deathsig.py PARENT_PID COMMAND ...``. A program of its own, because doing this
between fork and exec of a process that has threads may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Ask for the signal where the kernel can send it, and become *command*."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
