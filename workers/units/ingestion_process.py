"""An ingestion runs in a process of its own: whatever its input does to that one, the worker goes on.

The two speak lines of JSON. The child says how far it is and under which digest it is about to store; the parent
notes the digest in the dataset's row, so that the files can be found again, and says "go".
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from api_schemas.datasets.dataset import DatasetFacts
from augury.datasets.settings import IngestSettings, variable_of
from augury.failures import DatasetError, InternalError

if TYPE_CHECKING:  # the child needs no database, and importing one takes it a quarter of a second
    from workers.leasing.heartbeat import LeaseKeeper

GO = b"go\n"
_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Task:
    """What the child is told."""

    reference: dict[str, Any]
    workspace: Path
    artifacts_url: str
    limits: IngestSettings

    def to_json(self) -> bytes:
        """One line."""
        task = {
            "reference": self.reference,
            "workspace": str(self.workspace),
            "artifacts_url": self.artifacts_url,
            "limits": self.limits.model_dump(mode="json"),
        }
        return json.dumps(task).encode() + b"\n"


@dataclass(frozen=True)
class Ingested:
    """A stored snapshot."""

    digest: str
    facts: DatasetFacts


def ingest_in_process(task: Task, keeper: LeaseKeeper) -> Ingested:
    """Fetch, read and store a dataset in a child process.

    Raises:
        DatasetError: the reference cannot be used, which the child or its end says.
        MemoryError: the child was killed, as the kernel does when memory runs out.
        WorkCancelledError, WorkInterruptedError: as told by the keeper; nothing of the child is left running.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "augury.datasets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # so that the child's own processes end with it
    )
    give_up_at = time.monotonic() + task.limits.max_seconds
    try:
        _say(child, task.to_json())
        for message in _messages(child, keeper, give_up_at):
            if "digest" in message:
                keeper.record(digest=message["digest"])
                _say(child, GO)
            elif "error" in message:
                raise _ERRORS[message["error"]["kind"]](*message["error"]["arguments"])
            elif "ready" in message:
                return Ingested(message["ready"]["digest"], DatasetFacts.model_validate(message["ready"]["facts"]))
            else:
                keeper.report_progress(progress=message)
        raise _error_of_end(child)
    finally:
        _end(child)


_ERRORS: dict[str, type[Exception]] = {
    "dataset": DatasetError,
    "memory": MemoryError,
    "internal": InternalError,
}


def _say(child: subprocess.Popen[bytes], line: bytes) -> None:
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it has died, and its output's end will say so
        child.stdin.write(line)
        child.stdin.flush()


def _messages(child: subprocess.Popen[bytes], keeper: LeaseKeeper, give_up_at: float) -> Iterator[dict[str, Any]]:
    """What the child says, until it says no more; looks in between whether to go on."""
    assert child.stdout is not None
    buffer = b""
    os.set_blocking(child.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            keeper.raise_if_cancelled()
            if time.monotonic() > give_up_at:
                name = variable_of("max_seconds")
                raise DatasetError("ingest.too_slow", f"reading the dataset took longer than {name} allows")
            if not selector.select(_LOOK_SECONDS):
                continue
            received = os.read(child.stdout.fileno(), 1 << 16)
            if not received:
                return
            *lines, buffer = (buffer + received).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _error_of_end(child: subprocess.Popen[bytes]) -> Exception:
    """The child is gone without a result: why?"""
    code = child.wait(_GRACE_SECONDS)
    if code == -signal.SIGKILL:
        return MemoryError("the ingesting process was killed")
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    log.error("an ingesting process died", code=code)
    return DatasetError("ingest.crashed", f"a reader crashed on the dataset's content ({name})")


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
