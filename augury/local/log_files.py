"""Log files that do not grow without end, whoever writes to them.

A stack's processes and the children that they fork write to one open file each, and so do libraries in C and the
broker. None of them can be told to open another one, so the file stays and what is in it moves.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from augury.private_files import private_opener

MAX_LOG_BYTES = 10_000_000
KEPT_LOGS = 3
_MAX_PASSES = 20


def keep_small(log: Path, max_bytes: int = MAX_LOG_BYTES, kept: int = KEPT_LOGS) -> bool:
    """Move what is in a log to ``NAME.1`` once it is larger than *max_bytes*; whether that was done.

    What was in ``NAME.1`` moves to ``NAME.2``, and so on; there are *kept* of them, and then it is gone. Those who
    write must append (``O_APPEND``): they go on at the new end. A line that is written in the microseconds between the
    last read and the truncation is lost.
    """
    try:
        if log.stat().st_size <= max_bytes:
            return False
    except OSError:  # nothing was written yet
        return False
    _numbered(log, kept).unlink(missing_ok=True)
    for number in range(kept - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            _numbered(log, number).replace(_numbered(log, number + 1))
    try:
        _move_content(log, _numbered(log, 1))
    except OSError:  # no room on the disk: then least of all for this log
        _numbered(log, 1).unlink(missing_ok=True)
        os.truncate(log, 0)
    return True


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def _move_content(log: Path, to: Path) -> None:
    with log.open("rb", buffering=0) as source, open(to, "wb", opener=private_opener, buffering=0) as target:
        for _ in range(_MAX_PASSES):  # what comes meanwhile, too, unless it comes as fast as it is copied
            if not target.write(source.read(os.fstat(source.fileno()).st_size - source.tell())):
                break
        os.truncate(log, 0)
