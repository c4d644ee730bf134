"""The child's side: limits that it puts on itself, and the last word, which says how it ended whatever happened."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog

from augury.datasets.errors import DatasetError, InternalError
from augury.datasets.protocol import error_message
from augury.datasets.settings import variable_of

_PR_SET_PDEATHSIG = 1
_REPORT_SECONDS = 0.5
_MEMORY = variable_of("max_memory_bytes")

log = structlog.get_logger(__name__)


def end_with_the_parent() -> None:
    """Have the kernel end this process when the one that started it ends."""
    with contextlib.suppress(OSError, AttributeError):  # not on Linux: the parent's own ending must do
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(1)


def carry_out(read: Callable[[], dict[str, Any]], max_memory_bytes: int, what: str) -> None:
    """Say the message that *read* returns, or what kept it from doing so; with no more memory than that.

    Args:
        read: does the work.
        max_memory_bytes: of this process, and of each that it forks. Files that are mapped do not count.
        what: is read, for messages: ``dataset``.
    """
    _limit_memory(max_memory_bytes)
    try:
        say(**read())
    except DatasetError as error:
        say(**error_message(error))
    except MemoryError:
        message = f"reading it needs more memory than {max_memory_bytes} bytes ({_MEMORY})"
        say(**error_message(DatasetError("ingest.memory", message)))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        say(**error_message(DatasetError("disk.full", "the disk is full on the worker's machine")))
    except Exception as error:
        log.error(f"a {what} was not read", exc_info=error)
        message = f"the ingestion failed with an unexpected {type(error).__name__}; the worker's log has the details"
        say(**error_message(InternalError(message)))


class Reporter:
    """Says how far the work is, not more often than anybody looks."""

    def __init__(self) -> None:
        self._said_at = -_REPORT_SECONDS
        self._step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """*done* of *total* of a step, in whatever unit the step counts."""
        clock = time.monotonic()
        if step == self._step and clock - self._said_at < _REPORT_SECONDS:
            return
        self._step, self._said_at = step, clock
        say(step=step, done=done, total=total)


def say(**message: Any) -> None:
    """One line of JSON to the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def ask(question: Any) -> Any:
    """What the parent answers to a question, both of them JSON; see ``result_of_child`` of its side."""
    say(asks=question)
    return json.loads(sys.stdin.buffer.readline())


def _limit_memory(max_bytes: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(
        resource.RLIMIT_DATA, (max_bytes if hard == resource.RLIM_INFINITY else min(max_bytes, hard), hard)
    )
