"""A comparison by another metric from its request to its report, with real TensorFlow."""

from __future__ import annotations

import pytest

from api_schemas.reports.report import Report
from tests.store.databases import comparison, new_job
from tests.workers.conftest import RecordingQueue
from tests.workers.units.test_trial import work_off
from workers.context import Context

pytestmark = pytest.mark.usefixtures("warm")


def test_the_same_trials_are_judged_by_whatever_decides(context: Context, queue: RecordingQueue) -> None:
    """By the ranking of real models' probabilities, and by their loss without training anything anew."""
    reports = {}
    for metric in ("roc_auc", "log_loss"):
        asked = {"seeds": 2, "training_images": 60, "metric": metric}
        with context.database.writing() as session:
            job_id = new_job(session, comparison(model={"name": "linear"}, evaluation=asked)).id
        work_off(context, queue, job_id)
        reports[metric] = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    by_ranking, by_loss = reports["roc_auc"], reports["log_loss"]
    assert by_loss.cost.trials_reused == by_loss.cost.trials
    for report, sign in ((by_ranking, 100), (by_loss, -100)):
        values = [arm.metrics[report.method.metric].per_seed for arm in report.arms[:2]]
        difference = report.candidates[0].difference
        assert difference is not None
        expected = [sign * (flip - baseline) for baseline, flip in zip(*values, strict=True)]
        assert difference.per_seed == pytest.approx(expected, abs=1e-4)
    assert by_ranking.arms[0].metrics == by_loss.arms[0].metrics
    assert 0.5 < by_ranking.arms[0].metrics["roc_auc"].mean < 1
