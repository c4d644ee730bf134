"""Whether this worker was told to stop: one byte that the parent sets and its pool processes see.

Shared memory made before the fork, because the signal reaches the parent only, and plain memory because a
signal handler must not wait for a lock.
"""

from __future__ import annotations

import mmap

_flag = mmap.mmap(-1, 1)


def request() -> None:
    """Have running work given back to the queue."""
    _flag[0] = 1


def is_requested() -> bool:
    """Whether request() was called in this process or in the one that forked it."""
    return _flag[0] == 1
