"""Comparisons that are over, with their reports and what their models predicted, without the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from api_schemas.jobs import Phase
from api_schemas.plans import BASELINE
from augury.datasets.snapshot import Snapshot, write_snapshot_folder
from augury.evidence.analysis import analyse
from augury.evidence.comparison_report import comparison_report
from store.files.names import report_name
from store.rows import jobs
from tests.service.datasets.rows import resources_of
from tests.store.databases import NOW, comparison, running_job
from tests.workers.conftest import RecordingQueue
from tests.workers.planner.finished import finish_trials
from workers.context import Context
from workers.planner.evidence_reader import read_results
from workers.settings import WorkerSettings

CREATED_AT = "2027-01-15T08:00:00.000Z"
FLIP = {"horizontal_flip": True, "rescale": 1 / 255}
TURN = {"rotation_range": 20, "rescale": 1 / 255}


def reported(
    client: TestClient, specs: Mapping[str, Any], accuracies: Mapping[str, Sequence[float]], **request: Any
) -> str:
    """The id of a job that has compared *specs*, whose arms had these accuracies on their seeds."""
    resources = resources_of(client)
    folder = resources.settings.data_dir
    settings = WorkerSettings(data_dir=folder, database_url=resources.database.url)
    context = Context(settings, resources.database, resources.artifacts, RecordingQueue())
    seeds = len(accuracies[BASELINE])
    asked = comparison(dict(specs), **({"evaluation": {"seeds": seeds}} | request))
    with resources.database.writing() as session:
        job_id = running_job(session, asked).id
    finish_trials(context, job_id, lambda arm, seed: accuracies[arm][seed])
    report = comparison_report(analyse(read_results(context, job_id)), CREATED_AT)
    resources.artifacts.write(report_name(job_id, "json"), report.model_dump_json().encode())
    with resources.database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        jobs.begin(session, job, Phase.REPORTING, NOW)
        assert jobs.succeed(session, job_id, report_name(job_id, "json"), NOW)
    _store_images(folder)
    return job_id


def _store_images(folder: Path) -> None:
    """Those that `ready_dataset` says are there."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (100, 8, 8, 1), dtype=np.uint8)
    snapshot = Snapshot(images, np.arange(100, dtype=np.int64) % 10, [str(digit) for digit in range(10)])
    write_snapshot_folder(folder / "artifacts" / "datasets" / ("d" * 64), snapshot)
