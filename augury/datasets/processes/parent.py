"""What strangers sent is read in a process of its own: whatever its content does to that one, this one goes on."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from augury.datasets.errors import DatasetError
from augury.datasets.settings import variable_of
from augury.monitor import WorkMonitor

Result = TypeVar("Result")

_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 2.0
_OF_EVERY_READER = (
    "AUGURY_LOG_FORMAT",
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


@dataclass(frozen=True)
class Child:
    """A process to be started, and what it is told."""

    module: str
    """Run as ``python -m``; it reads one line and answers with lines of JSON."""
    kind: str
    """Of the reference, which says what of the environment it needs."""
    task: bytes
    """A line of JSON."""
    max_seconds: float
    what: str
    """What it reads, in messages: ``dataset``."""


def result_of_child(
    child: Child,
    monitor: WorkMonitor,
    result_of: Callable[[dict[str, Any]], Result | None],
    answer_to: Callable[[Any], Any] = lambda _question: None,
) -> Result:
    """Start a child, and pass on its progress until *result_of* makes a result of one of its messages.

    What the child asks (``ask`` of the child's side) is answered by *answer_to*.

    Raises:
        DatasetError: the child was too slow, or crashed.
        MemoryError: it was killed, as the kernel does when memory runs out.
        Whatever *result_of* raises, or the monitor to end the work; nothing of the child is left running then.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", child.module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment_for(child.kind, os.environ),
        start_new_session=True,  # so that the child's own processes end with it
    )
    give_up_at = time.monotonic() + child.max_seconds
    try:
        _say(process, child.task)
        for message in _messages(process, monitor, give_up_at, child.what):
            if "asks" in message:
                _say(process, json.dumps(answer_to(message["asks"])).encode() + b"\n")
                continue
            result = result_of(message)
            if result is not None:
                return result
            monitor.report_progress(progress=message)
        raise _error_of_end(process, child.what)
    finally:
        _end(process)


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


def _messages(
    child: subprocess.Popen[bytes], monitor: WorkMonitor, give_up_at: float, what: str
) -> Iterator[dict[str, Any]]:
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
                raise DatasetError("ingest.too_slow", f"reading the {what} took longer than {name} allows")
            if not selector.select(_LOOK_SECONDS):
                continue
            received = os.read(child.stdout.fileno(), 1 << 16)
            if not received:
                return
            *lines, buffer = (buffer + received).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _error_of_end(child: subprocess.Popen[bytes], what: str) -> Exception:
    """The child is gone without a result: why?"""
    code = child.wait(_GRACE_SECONDS)
    if code == -signal.SIGKILL:
        return MemoryError("the ingesting process was killed")
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    log.error("a reading process died", code=code, what=what)
    return DatasetError("ingest.crashed", f"a reader crashed on the {what}'s content ({name})")


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
