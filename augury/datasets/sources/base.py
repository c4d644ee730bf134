"""What all fetchers have in common: what they are asked, what they hand over, and the limits on the way."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.datasets.settings import IngestSettings, variable_of
from augury.failures import DatasetError
from store.files.artifacts import Artifacts

Report = Callable[[str, int, int], None]
"""Told a step, how much of it is done and how much there is (0: unknown), in bytes; may raise to stop the work."""


@dataclass(frozen=True)
class Request:
    """One reference to be fetched."""

    reference: dict[str, Any]
    workspace: Path
    """A folder that nobody else writes to."""
    artifacts: Artifacts
    settings: IngestSettings
    report: Report


@dataclass(frozen=True)
class Fetched:
    """An open descriptor of a regular file or a folder, for the caller to close."""

    descriptor: int
    name: str
    """For messages; nothing is ever opened by it."""


def opened(path: Path, name: str) -> Fetched:
    """A file or folder of our own workspace as what was fetched."""
    return Fetched(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), name)


def require_size(size: int, settings: IngestSettings, rule: str, what: str) -> None:
    """Refuse what has more bytes than a source may have.

    Raises:
        DatasetError: with that rule.
    """
    if size > settings.max_bytes:
        limit = f"expected at most {settings.max_bytes:,} ({variable_of('max_bytes')})"
        raise DatasetError(rule, f"{what} has {size:,} bytes or more, {limit}")


def require_room(workspace: Path, size: int) -> None:
    """Refuse what would not fit on the disk.

    Raises:
        DatasetError: disk.full.
    """
    free = shutil.disk_usage(workspace).free
    if size > free:
        raise DatasetError("disk.full", f"{size:,} bytes do not fit on the worker's disk, which has {free:,} left")


@contextlib.contextmanager
def disk_errors_told() -> Iterator[None]:
    """A disk that fills up while the block writes becomes the dataset's failure."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        message = "the worker's disk filled up while the dataset was fetched; free some room and register it again"
        raise DatasetError("disk.full", message) from error
