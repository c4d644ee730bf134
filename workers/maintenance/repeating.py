"""A thread that does something every few seconds for as long as its process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


def keep_doing(name: str, action: Callable[[], object], seconds: float) -> threading.Thread:
    """Start a thread that does *action* at once, and again so many seconds after it has ended, whatever it raises."""
    thread = threading.Thread(target=_keep_doing, args=(name, action, seconds), name=name, daemon=True)
    thread.start()
    return thread


def _keep_doing(name: str, action: Callable[[], object], seconds: float) -> None:
    stop = threading.Event()  # never set: the thread ends with its process
    while True:
        try:
            action()
        except Exception:  # the database is away, or something that nobody thought of; the next time may do better
            log.exception("failed, and is tried again", what=name)
        stop.wait(seconds)
