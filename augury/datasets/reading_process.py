"""A dataset is read in a process of its own: whatever its content does to that one, this one goes on."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from augury.datasets.errors import DatasetError
from augury.datasets.protocol import ReadDataset, Task, result_of
from augury.datasets.settings import variable_of
from augury.monitor import WorkMonitor

_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 2.0
_OF_EVERY_READER = (
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "TMP",
    "TEMP",
    "TZ",
    "LANG",
    "LC_",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "PYTHON",
    "COVERAGE_",
    "XDG_",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "NUMBA_",
    "AUGURY_INGEST_",
)
_OF_THE_NETWORK = (
    "SSL_CERT_",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)
_OF_KIND = {
    "url": _OF_THE_NETWORK,
    "s3": (*_OF_THE_NETWORK, "AWS_", "BOTO"),
    "gs": (*_OF_THE_NETWORK, "GOOGLE_", "GCE_", "GCLOUD_", "CLOUDSDK_", "STORAGE_EMULATOR_HOST"),
    "huggingface": (*_OF_THE_NETWORK, "HF_"),
    "builtin": (*_OF_THE_NETWORK, "KERAS_", "TF_", "CUDA_"),
}
"""How the names of variables begin that a source needs, credentials included; upper case stands for lower case, too."""

log = structlog.get_logger(__name__)


def read_in_process(task: Task, monitor: WorkMonitor) -> ReadDataset:
    """Fetch a dataset and read it into a snapshot's folder below the task's workspace, in a child process.

    Raises:
        DatasetError: the reference cannot be used, which the child or its end says.
        MemoryError: the child was killed, as the kernel does when memory runs out.
        Whatever the monitor raises to end the work; nothing of the child is left running then.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "augury.datasets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment_for(task.reference["kind"], os.environ),
        start_new_session=True,  # so that the child's own processes end with it
    )
    give_up_at = time.monotonic() + task.limits.max_seconds
    try:
        _say(child, task.to_json())
        for message in _messages(child, monitor, give_up_at):
            read = result_of(message, task)
            if read is not None:
                return read
            monitor.report_progress(progress=message)
        raise _error_of_end(child)
    finally:
        _end(child)


def environment_for(kind: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What of an *environment* a process that reads a reference of that *kind* needs, and nothing else of it.

    Whoever takes that process over by a dataset's content is not to find the service's passwords.
    """
    beginnings = (*_OF_EVERY_READER, *_OF_KIND.get(kind, ()))
    return {name: value for name, value in environment.items() if name.upper().startswith(beginnings)}


def _say(child: subprocess.Popen[bytes], line: bytes) -> None:
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it has died, and its output's end will say so
        child.stdin.write(line)
        child.stdin.flush()


def _messages(child: subprocess.Popen[bytes], monitor: WorkMonitor, give_up_at: float) -> Iterator[dict[str, Any]]:
    """What the child says, until it says no more; looks in between whether to go on."""
    assert child.stdout is not None
    buffer = b""
    os.set_blocking(child.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            monitor.raise_if_cancelled()
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
