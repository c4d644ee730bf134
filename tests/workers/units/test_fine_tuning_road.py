"""The whole road of a model of one's own: trained elsewhere, registered, read, named by a job, and fine-tuned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from sqlalchemy import select

from api_schemas.jobs import ComparisonRequest
from api_schemas.reports.report import Report
from augury.datasets.settings import IngestSettings
from store.ids import DEFAULT_PROJECT
from store.queue import ADVANCE, WORK
from store.rows.models import registered
from store.rows.tables import JobRow, RegisteredModelRow, TrialRow
from tests.augury.datasets.digits import digits_snapshot
from tests.store.databases import comparison_body, new_job
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance
from workers.context import Context
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")


def _backbone(file: Path) -> None:
    """A network that tells digits below five from the others: another task, and other classes, than the job's."""
    digits = digits_snapshot()
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.asarray(digits.images) / 255, digits.labels // 5, epochs=5, verbose=0)
    model.save(file)


def _work_off(context: Context, queue: RecordingQueue, job_id: str) -> None:
    advance(context, job_id)
    while queue.waiting:
        for task, unit_id, _ in queue.take():
            {WORK: work, ADVANCE: advance}[task](context, unit_id)


def test_a_registered_model_is_fine_tuned_by_a_comparison(
    context: Context, queue: RecordingQueue, tmp_path: Path
) -> None:
    """Read by whichever worker is rung first, then trained in stages on every arm, and the report says how it went."""
    _backbone(tmp_path / "net.keras")
    allowed = replace(context, ingest=IngestSettings(roots=[tmp_path]))
    with context.database.writing() as session:
        reference = {"kind": "path", "path": str(tmp_path / "net.keras"), "architecture": None}
        model_id = registered.register(session, DEFAULT_PROJECT, reference, context.database.now(session)).id
    assert work(allowed, "cpu")
    with context.database.reading() as session:
        row = session.get_one(RegisteredModelRow, model_id)
        assert row.state == "ready", row.error

    model = {
        "id": model_id,
        "digest": row.digest,
        "head": {"pooling": "none"},
        "stages": [{"trainable": "head"}, {"trainable": "all", "learning_rate": 1e-4}],
    }
    body = comparison_body(
        model=model, training={"epochs": 4, "learning_rate": 1e-2}, evaluation={"seeds": 2, "training_images": 200}
    )
    with context.database.writing() as session:
        job_id = new_job(session, ComparisonRequest.model_validate(body)).id
    _work_off(allowed, queue, job_id)
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.complete
    assert [len(arm.per_seed) for arm in report.arms] == [2, 2]
    with context.database.reading() as session:
        assert session.get_one(JobRow, job_id).state == "succeeded"
        results = [trial.result for trial in session.scalars(select(TrialRow)) if trial.result]
    assert len(results) == 4
    assert all(result["epochs"] == 4 for result in results)
    assert max(result["validation_accuracy"] for result in results) > 0.5
