"""The child of ``workers.units.ingestion_process``: reads one dataset, stores its snapshot, and says so."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference, ImageOptions
from augury.datasets.reading import read_dataset
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot import digest_of
from augury.datasets.snapshot_builder import assemble
from augury.datasets.sources import Fetched, fetch
from augury.failures import DatasetError, failure_of
from augury.telemetry.logs import configure_logging
from store.files.artifacts import Artifacts
from store.files.snapshots import store_snapshot_folder
from workers.units.ingestion_process import GO

_PR_SET_PDEATHSIG = 1
_REPORT_SECONDS = 0.5


def main() -> int:
    """Carry out the task that comes in on standard input; whatever happens, the last line says how it ended."""
    _die_with_the_parent()
    configure_logging()
    task = json.loads(sys.stdin.buffer.readline())
    try:
        _ingest(task)
    except DatasetError as error:
        _say(error={"kind": "dataset", "arguments": [error.rule, str(error)]})
    except MemoryError as error:
        _say(error={"kind": "memory", "arguments": [str(error)]})
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _say(error={"kind": "dataset", "arguments": ["disk.full", "the disk is full on the worker's machine"]})
    except Exception as error:  # the log has the traceback
        _say(error={"kind": "internal", "arguments": [failure_of(error, "ingestion").message]})
    return 0


def _ingest(task: dict[str, Any]) -> None:
    """The road of a dataset: fetched, read into arrays and facts, and stored under its digest."""
    artifacts, limits = Artifacts(task["artifacts_url"]), IngestSettings.model_validate(task["limits"])
    workspace = Path(task["workspace"])
    reference = TypeAdapter(DatasetReference).validate_python(task["reference"])
    options = reference if isinstance(reference, ImageOptions) else ImageOptions()
    report = Reporter()
    fetched = fetch(task["reference"], workspace, artifacts, limits, report)
    if isinstance(fetched, Fetched):
        assembled = read_dataset(fetched.descriptor, fetched.name, options, workspace, limits, report)
    else:
        assembled = assemble(fetched, options, workspace, limits, report)
    digest = digest_of(assembled.folder)
    _say(digest=digest)
    if sys.stdin.buffer.readline() != GO:
        return
    report("storing", 0, 1)
    store_snapshot_folder(artifacts, assembled.folder, digest)
    _say(ready={"digest": digest, "facts": assembled.facts.model_dump(mode="json")})


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


def _die_with_the_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):  # not on Linux: the parent's own ending must do
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
