"""What all fetchers have in common: what they are asked, what they hand over, and the limits on the way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.datasets.errors import DatasetError
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings, variable_of


@dataclass(frozen=True)
class Request:
    """One reference to be fetched."""

    reference: dict[str, Any]
    workspace: Path
    """A folder that nobody else writes to."""
    settings: IngestSettings
    report: Report
    """Told how far it is in bytes, at least each second."""
    upload: Path | None = None
    """The uploaded file, where the reference is one."""


@dataclass(frozen=True)
class Fetched:
    """An open descriptor of a regular file or a folder, for the caller to close."""

    descriptor: int
    name: str
    """For messages; nothing is ever opened by it."""


def open_fetched(path: Path, name: str) -> Fetched:
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
