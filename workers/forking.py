"""What must hold when a worker's parent forks a pool process: no other thread runs in it, and its objects lie still.

A lock that another thread holds at that moment is held in the child for ever. It was seen with the lock around
SQLite's memory: the child waits at its first connection, heard of by nobody.
"""

from __future__ import annotations

import gc
import threading

import structlog

log = structlog.get_logger(__name__)


def keep_from_collection() -> None:
    """Have garbage collection pass over what there is now, in this process and in those that are forked from it.

    The half million objects of TensorFlow and its like are there for good. To look through them again and again is a
    tenth of what drawing a report takes, and writes to every page that pool processes share with their parent.
    """
    gc.collect()
    gc.freeze()


def report_other_threads() -> None:
    """Log an error if any thread but the calling one runs in this process."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if others:
        log.error("forking beside other threads; the child may hang", threads=others)
