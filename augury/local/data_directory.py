"""The directory that a local stack lives in: used by one at a time, and where others learn about it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from augury.client.address import LOCK_FILE, STACK_FILE, read_stack_file
from augury.errors import StackConflict
from augury.files import write_private
from augury.local.processes import GUARD_GRACE_SECONDS
from augury.private_files import close_data_directory, make_private_folder

PASSING_SECONDS = 0.5
"""Clients look at the lock by taking it for a moment."""


class DataDirectory:
    """A data directory that this process has for itself until `release`."""

    def __init__(self, path: Path) -> None:
        """Take it, or raise `StackConflict`. It is created where it does not exist, and closed to other users."""
        self.path = path
        self.log_dir = path / "logs"
        make_private_folder(self.log_dir)
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.lock = _take(path)
        close_data_directory(path)
        self.announce(None, {})

    def announce(self, url: str | None, pids: dict[str, int]) -> None:
        """Write down which stack this is, for clients and for the next stack."""
        about = {
            "url": url,
            "pid": os.getpid(),
            "pids": pids,
            "started_at": self._started_at,
            "log_dir": str(self.log_dir),
        }
        write_private(self.path / STACK_FILE, json.dumps(about, indent=2) + "\n")

    def release(self) -> None:
        """Give it back."""
        (self.path / STACK_FILE).unlink(missing_ok=True)
        os.close(self.lock)


def _take(path: Path) -> int:
    lock = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    give_up_at = time.monotonic() + _patience(path)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                os.close(lock)
                raise StackConflict(_conflict_with(path)) from None
            time.sleep(0.05)
        else:
            return lock


def _patience(path: Path) -> float:
    """How long the lock may still be held by what is about to go away."""
    owner = read_stack_file(path).get("pid")
    # The owner was killed, and its guard is still ending what it left.
    return GUARD_GRACE_SECONDS + 2 if isinstance(owner, int) and not _exists(owner) else PASSING_SECONDS


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _conflict_with(path: Path) -> str:
    about = read_stack_file(path)
    where = f"at {about['url']}" if about.get("url") else "which is starting or stopping"
    owner = f" (process {about['pid']})" if about.get("pid") else ""
    return f"{path} is in use by another stack{owner}, {where}"
