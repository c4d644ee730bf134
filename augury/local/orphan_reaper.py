"""Outlive the local stack, however it ends, and end what is left of it.

Run by path, as ``python -I -S orphan_reaper.py GRACE_SECONDS``, with the stack's end of a pipe as standard input.
Each line is ``+PID`` or ``-PID``: a process group that was started, or that is gone. The pipe closes when the stack's
process dies, even by SIGKILL; what it left behind is told to stop by the kernel (see ``exec_with_deathsig``), and
killed here if it does not. The guard also holds the lock on the data directory until then, so that no new stack meets
the old one's rest.
"""

import contextlib
import os
import signal
import sys
import time

POLL_SECONDS = 0.1


def main(grace: float) -> None:
    """Keep the books until the pipe closes, then wait for *grace* seconds and kill."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = read_groups()
    give_up_at = time.monotonic() + grace
    while any(is_alive(group) for group in groups) and time.monotonic() < give_up_at:
        time.sleep(POLL_SECONDS)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def read_groups() -> set[int]:
    """The process groups that exist when the pipe closes."""
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[0], int(line[1:])
        if change == "+":
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def is_alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main(float(sys.argv[1]))
