"""How much memory this process may still take, so that too much is refused instead of being killed for it."""

from __future__ import annotations

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CONTROL_GROUPS = (  # a container's limit and what it uses of it: version 2, version 1
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def available_bytes() -> int | None:
    """What the machine and the container have left; None where neither says (no Linux)."""
    known = [left for left in (_of_machine(), *(_of_group(*files) for files in _CONTROL_GROUPS)) if left is not None]
    return min(known, default=None)


def gigabytes(count: float) -> str:
    """A number of bytes for a person, e.g. ``1.5 GB``."""
    return f"{count / 1e9:,.1f} GB"


def _of_machine() -> int | None:
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _of_group(limit: Path, used: Path) -> int | None:
    try:
        return int(limit.read_text()) - int(used.read_text())
    except (OSError, ValueError):  # not there, or "max"
        return None
