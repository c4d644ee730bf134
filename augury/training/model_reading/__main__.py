"""The child of ``augury.training.model_reading.reading_process``: reads one model, and says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from api_schemas.models.references import Architecture
from augury.datasets.errors import DatasetError
from augury.datasets.processes.child import Reporter, ask, carry_out, end_with_the_parent
from augury.datasets.protocol import Task
from augury.datasets.sources import Fetched, Request, fetch
from augury.telemetry.logs import configure_logging
from augury.training.model_reading.content import network_of
from augury.training.model_reading.protocol import ReadModel, ready_message
from augury.training.model_reading.published import Published, fetch_published
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
    if task.reference["kind"] == "weights":
        published = fetch_published(request, _kept)
    else:
        fetched = fetch(request)
        if not isinstance(fetched, Fetched):
            raise DatasetError("model.format", "the reference names no file")
        given = task.reference.get("architecture")
        network = network_of(None if given is None else Architecture.model_validate(given))
        published = Published(fetched, network, is_by_layer=False)
    return read_model(
        published.fetched.descriptor,
        published.network,
        task.workspace,
        task.limits,
        report,
        is_by_layer=published.is_by_layer,
    )


def _kept(sha256: str) -> Path | None:
    """Whether the worker has kept a file that was fetched before, and where."""
    answer = ask(sha256)
    return None if answer is None else Path(answer)


if __name__ == "__main__":
    sys.exit(main())
