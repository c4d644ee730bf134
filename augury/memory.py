"""How much memory this process may still take, so that too much is refused instead of being killed for it."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HEAP_OPTIONS = {  # glibc's: the variable that is read when a process starts, and the number that mallopt(3) takes
    "MALLOC_ARENA_MAX": (-8, 2),
    "MALLOC_MMAP_THRESHOLD_": (-3, 131_072),
    "MALLOC_TRIM_THRESHOLD_": (-1, 131_072),
}
_MEMINFO = Path("/proc/meminfo")
_STATUS, _CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
_CONTROL_GROUPS = (  # a container's limit and what it uses of it: version 2, version 1
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def available_bytes() -> int | None:
    """What the machine and the container have left; None where neither says (no Linux)."""
    known = [left for left in (_of_machine(), *(_of_group(*files) for files in _CONTROL_GROUPS)) if left is not None]
    return min(known, default=None)


def keep_from_collection() -> None:
    """Have garbage collection pass over what there is now, in this process and in those that are forked from it.

    The half million objects of large libraries are there for good. To look through them again and again holds all
    threads for a quarter of a second at a time, and writes to every page that forked processes share with their parent.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def no_collection() -> Iterator[None]:
    """Look for no garbage meanwhile: to import a library makes none, and a sixth of its time goes into looking."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def forget_peak() -> None:
    """Have ``peak_bytes`` count from now on; from the start of the process where the system does not allow that."""
    with suppress(OSError):
        _CLEAR_REFS.write_text(_RESET_PEAK)


def peak_bytes() -> int | None:
    """The most memory that this process has held in RAM; None where the system does not say (no Linux)."""
    return _kilobytes_of(_STATUS, "VmHWM:")


def use_few_heaps() -> bool:
    """Have all threads of this process take memory from the same two heaps, and give large blocks back at once.

    By default glibc gives every thread a heap of its own, up to eight for each processor. What is freed in one stays
    there, in pieces, so that a process whose threads take turns at the same work grows for hours, as each of its heaps
    reaches the size that the largest piece of work takes. For processes whose threads wait more than they compute. To
    be called before there are threads.

    Returns:
        Whether it was done: not where the C library is another one, nor where the environment says how it is to be.
    """
    if not few_heaps():
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all(mallopt(number, value) == 1 for number, value in _HEAP_OPTIONS.values())


def few_heaps() -> dict[str, str]:
    """The same as variables for a process that is to be started; none where the environment has any of them already."""
    if not _HEAP_OPTIONS.keys().isdisjoint(os.environ):
        return {}
    return {name: str(value) for name, (_, value) in _HEAP_OPTIONS.items()}


def gigabytes(count: float) -> str:
    """A number of bytes for a person, e.g. ``1.5 GB``."""
    return f"{count / 1e9:,.1f} GB"


def _of_machine() -> int | None:
    return _kilobytes_of(_MEMINFO, "MemAvailable:")


def _kilobytes_of(file: Path, name: str) -> int | None:
    """A line of a file below /proc, in bytes."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(name)), None)


def _of_group(limit: Path, used: Path) -> int | None:
    try:
        return int(limit.read_text()) - int(used.read_text())
    except (OSError, ValueError):  # not there, or "max"
        return None
