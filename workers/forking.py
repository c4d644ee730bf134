"""What must hold when a worker's parent forks a pool process: no other thread runs in it.

A lock that another thread holds at that moment is held in the child for ever. It was seen with the lock around
SQLite's memory: the child waits at its first connection, heard of by nobody.
"""

from __future__ import annotations

import threading

import structlog

log = structlog.get_logger(__name__)


def report_other_threads() -> None:
    """Log an error if any thread but the calling one runs in this process."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if others:
        log.error("forking beside other threads; the child may hang", threads=others)
