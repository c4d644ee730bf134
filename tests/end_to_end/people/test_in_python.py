"""A comparison in Python, without a service, beside the same one by a service."""

from __future__ import annotations

from typing import Any

import augury
from api_schemas.reports.report import Report
from tests.end_to_end.stack import Stack, comparison

OF_THIS_RUN = {"trial_id", "seconds", "augmentation_seconds", "images_per_second", "memory_bytes", "reused"}
"""What is no result of a trial: its name in a service, and what it took."""


def _measured(report: Report) -> dict[str, list[dict[str, Any]]]:
    return {arm.name: [seed.model_dump(exclude=OF_THIS_RUN) for seed in arm.per_seed] for arm in report.arms}


def test_the_same_trials_give_the_same_numbers_with_a_service_and_without(stack: Stack) -> None:
    """Accuracies, curves and verdicts; only times differ."""
    request = comparison(epochs=2, first_seed=4_000, seeds=2)
    spec = {"rotation_range": 10, "zoom_range": 0.1, "rescale": 1 / 255}
    request["candidates"] = [{"name": "mild", "spec": spec}]
    job = stack.submit(request)
    assert stack.finished(job["id"])["state"] == "succeeded"
    served = Report.model_validate(stack.report(job["id"]))
    parts = {name: request[name] for name in ("model", "training", "evaluation") if name in request}
    here = augury.compare("digits", candidates={"mild": spec}, options=parts, progress=False, processes=1).report
    assert _measured(here) == _measured(served)
    assert [each.difference for each in here.candidates] == [each.difference for each in served.candidates]
    assert [each.why.parameters for each in here.candidates] == [each.why.parameters for each in served.candidates]
    assert here.provenance.dataset_digest == served.provenance.dataset_digest
