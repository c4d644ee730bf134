"""The child of ``augury.datasets.reading_process``: reads one dataset into a snapshot's folder, and says so."""

from __future__ import annotations

import sys

from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference, ImageOptions
from augury.datasets.processes.child import Reporter, carry_out, end_with_the_parent
from augury.datasets.protocol import ReadDataset, Task, ready_message
from augury.datasets.reading import read_dataset
from augury.datasets.snapshot import digest_of
from augury.datasets.snapshot_builder import assemble
from augury.datasets.sources import Fetched, Request, fetch
from augury.telemetry.logs import configure_logging


def main() -> int:
    """Carry out the task that comes in on standard input; whatever happens, the last line says how it ended."""
    end_with_the_parent()
    configure_logging()
    task = Task.from_json(sys.stdin.buffer.readline())
    carry_out(lambda: ready_message(_read(task)), task.limits.max_memory_bytes, "dataset")
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


if __name__ == "__main__":
    sys.exit(main())
