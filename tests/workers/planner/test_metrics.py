"""Jobs that another metric than accuracy decides, from their trials' files to their reports."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_schemas.reports.report import Report
from augury.evidence.metrics.table import Metric, all_metrics, metric_of
from augury.evidence.stored.predictions import PredictionsReader
from store.files.artifacts import Artifacts
from store.rows.tables import JobRow
from tests.store.databases import comparison, new_job, ready_dataset, result
from tests.workers.planner.finished import end_probes, finish_trials
from tests.workers.units.carried import advance
from workers.context import Context

IMAGES, CLASSES = 2000, 40
NAMES = [str(label) for label in range(CLASSES)]


def _file(seed: int, *, is_earlier: bool = False) -> bytes:
    """Predictions as a trial stores them, or as one of an earlier version did."""
    generator = np.random.default_rng(seed)
    labels = np.arange(IMAGES) % CLASSES
    scores = generator.normal(0, 1, (IMAGES, CLASSES))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    of_true = probabilities[np.arange(IMAGES), labels]
    arrays: dict[str, Any] = {
        "indices": np.arange(IMAGES),
        "labels": labels,
        "predicted": probabilities.argmax(axis=1).astype(np.int32),
        "probability": of_true.astype(np.float32),
    }
    if not is_earlier:
        arrays |= {
            "confidence": probabilities.max(axis=1).astype(np.float32),
            "rank": (probabilities > of_true[:, np.newaxis]).sum(axis=1).astype(np.int32),
            "log_probabilities": np.log(probabilities).astype(np.float16),
        }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _read(folder: Path, trials: int, metric: Metric) -> tuple[int, int]:
    """Bytes that so many records keep, and that were held while they were read."""
    artifacts = Artifacts(str(folder))
    for trial in range(trials):
        artifacts.write(f"{trial}.npz", _file(trial))
    reader = PredictionsReader(artifacts.read, all_metrics(metric, NAMES), CLASSES)
    tracemalloc.start()
    try:
        records = [reader.record(f"{trial}.npz", result()) for trial in range(trials)]
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(records) == trials
    return kept, peak


def test_the_probabilities_of_many_trials_are_never_in_memory_together(tmp_path: Path) -> None:
    """Each further trial adds a byte and a number for an image, where its file has forty probabilities of each."""
    few, many = (_read(tmp_path / str(trials), trials, metric_of("roc_auc", NAMES)) for trials in (3, 13))
    of_one, probabilities = (many[0] - few[0]) / 10, IMAGES * CLASSES * 2
    assert of_one < IMAGES * 8 < probabilities / 8
    assert many[1] - few[1] < 10 * probabilities / 4


def test_arms_of_a_seed_share_what_is_the_same_for_all(tmp_path: Path) -> None:
    """The images' indices and labels, which are read again with every trial."""
    artifacts = Artifacts(str(tmp_path))
    reader = PredictionsReader(artifacts.read, [metric_of("accuracy", NAMES)], CLASSES)
    for trial in range(2):
        artifacts.write(f"{trial}.npz", _file(trial))
    one, other = (reader.record(f"{trial}.npz", result()) for trial in range(2))
    assert one.indices is other.indices
    assert one.labels is other.labels
    assert one.predicted.dtype == np.uint8


def test_the_files_of_earlier_versions_are_read_with_the_metrics_that_they_hold(tmp_path: Path) -> None:
    """Log loss needs the true class's probability alone, which they have."""
    artifacts = Artifacts(str(tmp_path))
    artifacts.write("earlier.npz", _file(1, is_earlier=True))
    metric = metric_of("log_loss", NAMES)
    record = PredictionsReader(artifacts.read, all_metrics(metric, NAMES), CLASSES).record("earlier.npz", result())
    assert list(record.metrics) == ["log_loss", "accuracy", "balanced_accuracy", "macro_f1"]
    assert record.image_values is not None


def test_reading_evidence_imports_no_training() -> None:
    """The control worker has a few hundred megabytes, of which Keras would take most."""
    command = "import sys, workers.planner.evidence_reader; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def _ended(context: Context, metric: str) -> JobRow:
    with context.database.writing() as session:
        ready_dataset(session)
        request = comparison(evaluation={"seeds": 2, "metric": metric})
        job_id = new_job(session, request).id
    for finish in (finish_trials, end_probes, lambda *_: None):
        advance(context, job_id)
        finish(context, job_id)
    with context.database.reading() as session:
        return session.get_one(JobRow, job_id)


@pytest.mark.parametrize("metric", ["macro_f1", "recall:3", "log_loss"])
def test_a_job_ends_with_a_report_by_its_metric(context: Context, metric: str) -> None:
    """From stored predictions to the verdict's sentence and the page's table."""
    job = _ended(context, metric)
    assert (job.state, job.error) == ("succeeded", None)
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job.id}/report.json"))
    assert report.method.metric == metric
    assert next(iter(report.arms[0].metrics)) == metric
    assert "(decides)" in context.artifacts.read(f"jobs/{job.id}/report.html").decode()


def test_a_class_that_turns_out_not_to_be_there_fails_the_job(context: Context) -> None:
    """Of a dataset that nobody knew when the job was accepted."""
    job = _ended(context, "recall:cat")
    assert job.state == "failed"
    assert "the dataset has no class 'cat'" in (job.error or {})["message"]
