"""Which service is meant when nobody says so, and whether a local stack is alive."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

FALLBACK_URL = "http://127.0.0.1:8000"
DEFAULT_DATA_DIR = Path(".augury")
LOCK_FILE = "lock"
STACK_FILE = "stack.json"
KEY_VARIABLE = "AUGURY_API_KEY"
PAGE = "/docs"
"""What a person is to open of a service in a browser first."""


def default_url() -> str:
    """``AUGURY_URL``, else the running local stack of this folder, else port 8000 of this machine."""
    return given_url() or running_url(DEFAULT_DATA_DIR) or FALLBACK_URL


def given_url() -> str | None:
    """``AUGURY_URL``, if it is set to anything."""
    return os.environ.get("AUGURY_URL") or None


def given_key() -> str | None:
    """``AUGURY_API_KEY``, if it is set to anything."""
    return os.environ.get(KEY_VARIABLE) or None


def running_url(data_dir: Path) -> str | None:
    """The URL of the stack that uses *data_dir* right now, or None."""
    if not _is_locked(data_dir / LOCK_FILE):
        return None
    url = read_stack_file(data_dir).get("url")
    return url if isinstance(url, str) else None


def read_stack_file(data_dir: Path) -> dict[str, Any]:
    """What the last stack wrote about itself; empty where there is nothing readable."""
    try:
        content = json.loads((data_dir / STACK_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_locked(lock: Path) -> bool:
    """Whether a stack holds the lock. Unlike a pid in a file, this cannot be wrong after a crash."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
