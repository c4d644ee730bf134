"""The straight line from local bytes to a snapshot's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.detection import open_contents
from augury.datasets.formats import recognise
from augury.datasets.protocol import Report
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot_builder import AssembledSnapshot, assemble


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
