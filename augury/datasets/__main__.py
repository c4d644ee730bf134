"""The child of ``augury.datasets.reading_process``: reads one dataset into a snapshot's folder, and says so."""

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
from typing import Any

import structlog
from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference, ImageOptions
from augury.datasets.errors import DatasetError, InternalError
from augury.datasets.protocol import ReadDataset, Task, error_message, ready_message
from augury.datasets.reading import read_dataset
from augury.datasets.settings import variable_of
from augury.datasets.snapshot import digest_of
from augury.datasets.snapshot_builder import assemble
from augury.datasets.sources import Fetched, Request, fetch
from augury.telemetry.logs import configure_logging

_PR_SET_PDEATHSIG = 1
_REPORT_SECONDS = 0.5
_MEMORY = variable_of("max_memory_bytes")

log = structlog.get_logger(__name__)


def main() -> int:
    """Carry out the task that comes in on standard input; whatever happens, the last line says how it ended."""
    _die_with_the_parent()
    configure_logging()
    task = Task.from_json(sys.stdin.buffer.readline())
    _limit_memory(task.limits.max_memory_bytes)
    try:
        _say(**ready_message(_read(task)))
    except DatasetError as error:
        _say(**error_message(error))
    except MemoryError:
        message = f"reading it needs more memory than {task.limits.max_memory_bytes} bytes ({_MEMORY})"
        _say(**error_message(DatasetError("ingest.memory", message)))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _say(**error_message(DatasetError("disk.full", "the disk is full on the worker's machine")))
    except Exception as error:
        log.error("a dataset was not read", exc_info=error)
        message = f"the ingestion failed with an unexpected {type(error).__name__}; the worker's log has the details"
        _say(**error_message(InternalError(message)))
    return 0


def _read(task: Task) -> ReadDataset:
    """The road of a dataset: fetched, read into arrays and facts, and given its digest."""
    reference = TypeAdapter(DatasetReference).validate_python(task.reference)
    options = reference if isinstance(reference, ImageOptions) else ImageOptions()
    report = Reporter()
    fetched = fetch(Request(task.reference, task.workspace, task.limits, report, task.upload))
    if isinstance(fetched, Fetched):
        assembled = read_dataset(fetched.descriptor, fetched.name, options, task.workspace, task.limits, report)
    else:
        assembled = assemble(fetched, options, task.workspace, task.limits, report)
    return ReadDataset(assembled.folder, digest_of(assembled.folder), assembled.facts)


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
        _say(step=step, done=done, total=total)


def _say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _limit_memory(max_bytes: int) -> None:
    """For this process and those that it forks. Files that are mapped do not count: they may be larger than memory."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(
        resource.RLIMIT_DATA, (max_bytes if hard == resource.RLIM_INFINITY else min(max_bytes, hard), hard)
    )


def _die_with_the_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):  # not on Linux: the parent's own ending must do
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
