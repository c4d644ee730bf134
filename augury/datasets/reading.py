"""The road of a dataset: fetched, read into arrays and facts, given its digest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference, ImageOptions
from augury.datasets.containers.detection import open_contents
from augury.datasets.formats import recognise
from augury.datasets.protocol import ReadDataset, Report, Task
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot import digest_of
from augury.datasets.snapshot_builder import AssembledSnapshot, assemble
from augury.datasets.sources import Fetched, Request, fetch


def read_reference(task: Task, report: Report) -> ReadDataset:
    """What the task's reference names, as a snapshot in a folder below its workspace.

    ``report(step, done, total)`` may raise to stop.

    Raises:
        DatasetError: whatever is wrong with the reference or the dataset.
    """
    reference = TypeAdapter(DatasetReference).validate_python(task.reference)
    options = reference if isinstance(reference, ImageOptions) else ImageOptions()
    fetched = fetch(Request(task.reference, task.workspace, task.limits, report, task.upload))
    if isinstance(fetched, Fetched):
        assembled = read_dataset(fetched.descriptor, fetched.name, options, task.workspace, task.limits, report)
    else:
        assembled = assemble(fetched, options, task.workspace, task.limits, report)
    return ReadDataset(assembled.folder, digest_of(assembled.folder), assembled.facts)


def read_dataset(
    descriptor: int, name: str, options: ImageOptions, workspace: Path, limits: IngestSettings, report: Report
) -> AssembledSnapshot:
    """Open what *descriptor* is, find the labelled images in it, and bring them into one array.

    *workspace* is an empty folder of this call alone. ``report(step, done, total)`` may raise to stop.

    Raises:
        DatasetError: whatever is wrong with the dataset, in words for the person who gave it.
    """
    report("opening", 0, 1)
    contents = open_contents(descriptor, name, workspace, limits, report)
    report("opening", 1, 1)
    assembled = assemble(recognise(contents, options, limits), options, workspace, limits, report)
    warnings = [*contents.notes, *assembled.facts.warnings]
    return replace(assembled, facts=assembled.facts.model_copy(update={"warnings": warnings}))
