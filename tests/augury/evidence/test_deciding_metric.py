"""Whole reports of comparisons that another metric than accuracy decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from api_schemas.reports.report import Report, Verdict
from augury.evidence.arm_results import SeedRecord
from augury.evidence.metrics.outputs import Outputs
from augury.evidence.metrics.stored import reduced
from augury.evidence.metrics.table import all_metrics, metric_of
from tests.augury.evidence.comparisons import LIKE_THE_BASELINE, record, report_of
from tests.augury.evidence.metrics.models import outputs_of

NAMES = ["0", "1"]
LABELS = np.repeat([0, 1], [160, 40])


def _outputs(found: float, sure: float, generator: np.random.Generator) -> Outputs:
    """Of a model that recognises a share of class 1 and all but a tenth of class 0, as sure as that."""
    right = generator.random(len(LABELS)) < np.where(LABELS == 1, found, 0.9)
    taken = np.where(right, LABELS, 1 - LABELS)
    own = np.clip(sure + generator.normal(0, 0.01, len(LABELS)), 0.55, 0.999)
    return outputs_of(LABELS, np.where(np.eye(2)[taken] > 0, own[:, np.newaxis], 1 - own[:, np.newaxis]))


def _record(outputs: Outputs, metric: str) -> SeedRecord:
    image_values, metrics = reduced(outputs, all_metrics(metric_of(metric, NAMES), NAMES))
    return record(outputs.labels, outputs.predicted, image_values=image_values, metrics=metrics)


def _report(metric: str, *, found: float = 0.3, sure: float = 0.9, **evaluation: Any) -> Report:
    """A candidate that finds more of the rare class, or is surer, against a baseline that finds 30 % of it."""
    arms = {"baseline": (0.3, 0.9), "flip": (found, sure)}
    trials = {
        name: [_record(_outputs(*model, np.random.default_rng(seed)), metric) for seed in range(5)]
        for name, model in arms.items()
    }
    return report_of(trials, {"flip": LIKE_THE_BASELINE}, evaluation={"seeds": 5, "metric": metric} | evaluation)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_f1", "recall:1", "precision:1", "roc_auc"])
def test_a_candidate_that_finds_the_rare_class_helps_by_what_counts_it(metric: str) -> None:
    """The verdict's sentence names the metric, and the report says what decided."""
    report = _report(metric, found=0.95)
    (candidate,) = report.candidates
    assert candidate.verdict is Verdict.HELPS
    assert f"points of {metric_of(metric, NAMES).choice.title} against the baseline" in candidate.sentence
    assert report.method.metric == metric


def test_a_candidate_whose_loss_falls_helps_although_no_image_more_is_right() -> None:
    """By log loss, in hundredths of a nat; by accuracy the same models do not differ."""
    (candidate,) = _report("log_loss", sure=0.7).candidates
    assert candidate.verdict is Verdict.HELPS
    assert candidate.difference is not None
    assert candidate.difference.mean > 1
    assert "hundredths of a nat against the baseline" in candidate.sentence
    (by_accuracy,) = _report("accuracy", sure=0.7).candidates
    assert by_accuracy.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "log_loss"])
def test_every_arm_reports_every_metric_whatever_decides(metric: str) -> None:
    """The deciding one first, with each seed's value and their mean."""
    for arm in _report(metric).arms:
        assert next(iter(arm.metrics)) == metric
        assert {"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss"} <= arm.metrics.keys()
        for values in arm.metrics.values():
            assert values.seeds == [0, 1, 2, 3, 4]
            assert values.mean == pytest.approx(np.mean(values.per_seed))


def test_a_difference_is_that_of_the_arms_own_values() -> None:
    """Seed by seed, with the sign turned where less is better."""
    for metric, sign in {"macro_f1": 100, "log_loss": -100}.items():
        report = _report(metric, found=0.6)
        difference, (baseline, flip) = report.candidates[0].difference, report.arms
        assert difference is not None
        own = np.array(flip.metrics[metric].per_seed) - np.array(baseline.metrics[metric].per_seed)
        assert difference.per_seed == pytest.approx(sign * own, abs=1e-4)


def test_seeds_on_which_the_metric_is_undefined_are_left_out() -> None:
    """Of precision, those on which an arm takes no image for the class; the others give the verdict."""
    generator = np.random.default_rng(3)
    trials = {
        name: [_record(_outputs(0.6, 0.9, generator), "precision:1") for _ in range(5)] for name in ("baseline", "flip")
    }
    nothing = replace(trials["flip"][2], predicted=np.zeros(len(LABELS), np.int64))
    trials["flip"][2] = nothing
    report = report_of(trials, {"flip": LIKE_THE_BASELINE}, evaluation={"seeds": 5, "metric": "precision:1"})
    assert report.candidates[0].difference is not None
    assert report.candidates[0].difference.seeds == [0, 1, 3, 4]


def test_the_best_candidate_is_told_by_the_metric_that_decides() -> None:
    """With its values, and not with accuracies."""
    generator = np.random.default_rng(5)
    trials = {
        name: [_record(_outputs(found, 0.9, generator), "balanced_accuracy") for _ in range(5)]
        for name, found in {"baseline": 0.3, "flip": 0.9, "turn": 0.5}.items()
    }
    specs = {"flip": LIKE_THE_BASELINE, "turn": {"rotation_range": 5, "rescale": 1 / 255}}
    report = report_of(trials, specs, evaluation={"seeds": 5, "metric": "balanced_accuracy"})
    value = 100 * report.arms[1].metrics["balanced_accuracy"].mean
    told = [cause.text for cause in report.summary if cause.text.startswith("Best of the candidates")]
    assert f"“flip” with balanced accuracy of {value:.1f}%" in told[0]


def test_accuracy_on_uneven_classes_is_told_first_to_be_no_good() -> None:
    """More than three quarters of one class: the report suggests balanced accuracy before it says anything else."""
    generator = np.random.default_rng(9)
    trials = {
        name: [_record(_outputs(0.5, 0.9, generator), "accuracy") for _ in range(3)] for name in ("baseline", "flip")
    }

    def first_sentence(classes: dict[str, int], metric: str) -> str:
        evaluation = {"seeds": 3, "metric": metric}
        report = report_of(trials, {"flip": LIKE_THE_BASELINE}, images=classes, evaluation=evaluation)
        return report.summary[0].text

    assert "evaluation.metric 'balanced_accuracy'" in first_sentence({"0": 76, "1": 24}, "accuracy")
    assert "balanced_accuracy" not in first_sentence({"0": 75, "1": 25}, "accuracy")
    assert "balanced_accuracy" not in first_sentence({"0": 76, "1": 24}, "macro_f1")
