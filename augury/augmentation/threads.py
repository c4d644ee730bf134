"""Sharing a batch among threads. The kernels hold no GIL, so that threads are enough."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

_WORTH_A_THREAD = 40_000
"""Values of a batch below which waking another thread costs more than it gains."""


def usable_cores() -> int:
    """The processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_limits = {"default": usable_cores()}


def use_at_most(threads: int) -> None:
    """Set how many threads a pipeline of this process uses by default, where several processes share the machine."""
    _limits["default"] = threads


def default_threads() -> int:
    """How many threads a pipeline uses that is not told otherwise."""
    return _limits["default"]


@cache
def _pool(_process_id: int) -> ThreadPoolExecutor:
    # Keyed on the process: a fork does not inherit its parent's threads.
    return ThreadPoolExecutor(max(1, usable_cores() - 1), thread_name_prefix="augmentation")


def share(work: Callable[[slice], None], count: int, values_each: int, threads: int) -> None:
    """Call *work* on slices that cover range(count), on up to so many threads, of which the caller's is one."""
    parts = min(threads, count, max(1, count * values_each // _WORTH_A_THREAD))
    if parts <= 1:
        work(slice(0, count))
        return
    ends = [count * part // parts for part in range(parts + 1)]
    pieces = [slice(start, stop) for start, stop in pairwise(ends)]
    others = [_pool(os.getpid()).submit(work, piece) for piece in pieces[1:]]
    try:
        work(pieces[0])
    finally:
        for other in others:
            other.result()
