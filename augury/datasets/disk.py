"""Room on the disk that datasets are read onto."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from augury.datasets.errors import DatasetError

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says of a disk that is full, a quota that is used up and a file that may not grow."""


def require_room(folder: Path, needed: int) -> None:
    """See that the disk has room for so many bytes before it is filled.

    Raises:
        DatasetError: ``disk.full``.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        message = (
            f"{needed:,} bytes are needed on the worker's disk, and {free:,} are free; free some, or use fewer images"
        )
        raise DatasetError("disk.full", message)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Have a disk that runs full, or a quota, end in a DatasetError with the rule ``disk.full``."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        message = f"the worker's disk is full ({error.strerror}); free some room, or use fewer images"
        raise DatasetError("disk.full", message) from error
