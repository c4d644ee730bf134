"""The child of ``augury.training.model_reading.reading_process``: reads one model, and says so."""

from __future__ import annotations

import os
import sys

from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import Listing
from augury.datasets.processes.child import Reporter, carry_out, end_with_the_parent
from augury.datasets.protocol import Task
from augury.datasets.sources import Fetched, Request, fetch
from augury.telemetry.logs import configure_logging
from augury.training.model_reading.protocol import ReadModel, ready_message
from augury.training.model_reading.published import fetch_published
from augury.training.model_reading.reading import read_model


def main() -> int:
    """Carry out the task that comes in on standard input; whatever happens, the last line says how it ended."""
    end_with_the_parent()
    configure_logging()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")
    task = Task.from_json(sys.stdin.buffer.readline())
    carry_out(lambda: ready_message(_read(task)), task.limits.max_memory_bytes, "model")
    return 0


def _read(task: Task) -> ReadModel:
    report = Reporter()
    request = Request(task.reference, task.workspace, task.limits, report, task.upload)
    fetched: Fetched | Listing
    if task.reference["kind"] == "weights":
        fetched, architecture = fetch_published(request)
    else:
        fetched, architecture = fetch(request), task.reference.get("architecture")
    if not isinstance(fetched, Fetched):
        raise DatasetError("model.format", "the reference names no file")
    return read_model(fetched.descriptor, architecture, task.workspace, task.limits, report)


if __name__ == "__main__":
    sys.exit(main())
