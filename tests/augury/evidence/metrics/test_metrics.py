"""Metrics: their values as others take them, and what every image contributes to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from api_schemas.training.metrics import METRICS
from augury.evidence.metrics.outputs import Outputs
from augury.evidence.metrics.probabilities import BINS
from augury.evidence.metrics.table import _MEASURES, ACCURACY, all_metrics, metric_of
from tests.augury.evidence.metrics.models import (
    CLASS_NAMES,
    METRIC_NAMES,
    labelled,
    outputs_of,
    random_probabilities,
    record_of,
)

Labels = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]


def _calibration_error(labels: Labels, probabilities: Probabilities, sample_weight: Any = None) -> float:
    """Bin by bin, as it is defined."""
    weights = np.ones(len(labels)) if sample_weight is None else sample_weight
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    error = 0.0
    for lower in range(BINS):
        within = (confidence >= lower / BINS) & (confidence < (lower + 1) / BINS)
        if within.any():
            gap = np.average(right[within], weights=weights[within])
            gap -= np.average(confidence[within], weights=weights[within])
            error += abs(gap) * weights[within].sum() / weights.sum()
    return float(error)


def _of_classes(of: Callable[..., float], **arguments: Any) -> Callable[..., float]:
    return lambda labels, probabilities, sample_weight=None: float(
        of(labels, probabilities.argmax(axis=1), sample_weight=sample_weight, **arguments)
    )


def _auc(labels: Labels, probabilities: Probabilities, sample_weight: Any = None, of: Any = (0, 1, 2)) -> float:
    areas = [
        reference.roc_auc_score(labels == each, probabilities[:, each], sample_weight=sample_weight) for each in of
    ]
    return float(np.mean(areas))


REFERENCES: dict[str, Callable[..., float]] = {
    "accuracy": _of_classes(reference.accuracy_score),
    "balanced_accuracy": _of_classes(reference.balanced_accuracy_score),
    "macro_f1": _of_classes(reference.f1_score, average="macro", labels=[0, 1, 2], zero_division=0),
    "recall:b": _of_classes(reference.recall_score, average="macro", labels=[1], zero_division=0),
    "precision:b": _of_classes(reference.precision_score, average="macro", labels=[1], zero_division=0),
    "roc_auc": _auc,
    "roc_auc:b": lambda *given, **weights: _auc(*given, of=(1,), **weights),
    "log_loss": lambda labels, probabilities, sample_weight=None: float(
        reference.log_loss(labels, probabilities, sample_weight=sample_weight, labels=[0, 1, 2])
    ),
    "top_k:2": lambda labels, probabilities, sample_weight=None: float(
        reference.top_k_accuracy_score(labels, probabilities, k=2, sample_weight=sample_weight, labels=[0, 1, 2])
    ),
    "calibration_error": _calibration_error,
}


@pytest.mark.parametrize("name", METRIC_NAMES)
@settings(max_examples=25)
@given(drawn=labelled(), knows=st.floats(0, 4))
def test_a_metric_is_what_others_take_it_to_be(
    name: str, drawn: tuple[np.random.Generator, Labels], knows: float
) -> None:
    """scikit-learn's value, and the calibration error's definition; undefined is None where that has to choose."""
    generator, labels = drawn
    probabilities = random_probabilities(generator, labels, knows=knows)
    value = metric_of(name, CLASS_NAMES).value(outputs_of(labels, probabilities))
    if value is None:
        assert name == "precision:b"
        assert not (probabilities.argmax(axis=1) == 1).any()
    else:
        assert value == pytest.approx(REFERENCES[name](labels, probabilities), abs=1e-9)


@pytest.mark.parametrize("name", METRIC_NAMES)
@settings(max_examples=25)
@given(drawn=labelled(), knows=st.tuples(st.floats(0, 4), st.floats(0, 4)))
def test_contributions_of_images_sum_to_the_difference_of_the_metric(
    name: str, drawn: tuple[np.random.Generator, Labels], knows: tuple[float, float]
) -> None:
    """Their mean is one arm's value minus the other's, with its sign turned where less is better."""
    generator, labels = drawn
    metric = metric_of(name, CLASS_NAMES)
    sides = [outputs_of(labels, random_probabilities(generator, labels, knows=each)) for each in knows]
    values = [metric.value(side) for side in sides]
    differences = metric.differences(*(record_of(side, metric) for side in sides))
    if values[0] is None or values[1] is None:
        assert differences is None
        return
    assert differences is not None
    sign = -1 if metric.choice.traits.is_better_lower else 1
    assert differences.difference.mean() == pytest.approx(sign * (values[0] - values[1]), abs=1e-6)


@pytest.mark.parametrize("name", METRIC_NAMES)
@settings(max_examples=25)
@given(drawn=labelled(min_of_class=2))
def test_contributions_are_the_derivative_of_the_metric_by_the_image_s_weight(
    name: str, drawn: tuple[np.random.Generator, Labels]
) -> None:
    """Of two arms that are equally good: n times the slope of one's metric, by its own library, minus the other's.

    The other arm treats the images of each class as the first one treats other images of the class.
    """
    generator, labels = drawn
    metric, probabilities = metric_of(name, CLASS_NAMES), random_probabilities(generator, labels)
    shuffled = probabilities.copy()
    for label in range(3):
        of_class = np.flatnonzero(labels == label)
        shuffled[of_class] = probabilities[generator.permutation(of_class)]
    differences = metric.differences(
        record_of(outputs_of(labels, probabilities), metric), record_of(outputs_of(labels, shuffled), metric)
    )
    if differences is None:
        assert name == "precision:b"
        return
    chosen = np.arange(len(labels)) if differences.chosen is None else np.flatnonzero(differences.chosen)
    image = int(generator.integers(len(chosen)))
    slopes = [_slope(REFERENCES[name], labels, of_arm, int(chosen[image])) for of_arm in (probabilities, shuffled)]
    sign = -1 if metric.choice.traits.is_better_lower else 1
    expected = sign * len(chosen) * (slopes[0] - slopes[1])
    assert differences.difference[image] == pytest.approx(expected, abs=1e-3)


def _slope(value: Callable[..., float], labels: Labels, probabilities: Probabilities, image: int) -> float:
    around = []
    for change in (1e-3, -1e-3):
        weights = np.ones(len(labels))
        weights[image] += change
        around.append(value(labels, probabilities, sample_weight=weights))
    return (around[0] - around[1]) / 2e-3


@pytest.mark.parametrize("name", METRIC_NAMES)
@settings(max_examples=25)
@given(drawn=labelled(), classes=st.sets(st.integers(0, 2), min_size=1))
def test_a_metric_is_a_number_or_undefined_whatever_classes_lack_images(
    name: str, drawn: tuple[np.random.Generator, Labels], classes: set[int]
) -> None:
    """Never NaN: of classes without images it leaves them out, or it is not there, and its differences are not."""
    generator, labels = drawn
    kept = labels[np.isin(labels, list(classes))]
    metric = metric_of(name, CLASS_NAMES)
    sides = [outputs_of(kept, random_probabilities(generator, kept)) for _ in range(2)]
    differences = metric.differences(*(record_of(side, metric) for side in sides))
    values = [metric.value(side) for side in sides]
    assert (differences is None) == (None in values)
    if differences is not None:
        assert np.isfinite(differences.difference).all()
        assert differences.step is None or 0 < differences.step < np.inf


def test_no_metric_is_made_of_what_was_not_kept() -> None:
    """Trials of earlier versions have kept the true class's probability alone."""
    labels = np.array([0, 1, 2, 1])
    known = outputs_of(labels, random_probabilities(np.random.default_rng(1), labels))
    earlier = Outputs(labels, known.predicted, 3, probability=known.probability)
    missing = {name for name in METRIC_NAMES if metric_of(name, CLASS_NAMES).value(earlier) is None}
    assert missing == {"roc_auc", "roc_auc:b", "top_k:2", "calibration_error"}


def test_accuracy_and_its_like_stay_right_or_wrong() -> None:
    """Their intervals are those of shares, to the last digit what they have always been."""
    labels = np.array([0, 1, 2, 1, 0])
    sides = [outputs_of(labels, random_probabilities(np.random.default_rng(seed), labels)) for seed in range(2)]
    steps = {}
    for name in METRIC_NAMES:
        metric = metric_of(name, CLASS_NAMES)
        differences = metric.differences(*(record_of(side, metric) for side in sides))
        if differences is not None and differences.step is None:
            steps[name] = set(np.unique(differences.difference)) <= {-1.0, 0.0, 1.0}
    assert steps == {"accuracy": True, "recall:b": True, "top_k:2": True}


def test_every_metric_of_a_request_can_be_taken() -> None:
    """The wire's table and the evidence's have the same rows."""
    assert METRICS.keys() == _MEASURES.keys()


def test_every_arm_reports_all_metrics_and_those_of_the_class_that_decides() -> None:
    """The deciding one first; top-5 only where there are more classes than five."""
    names = [each.name for each in all_metrics(metric_of("recall:b", CLASS_NAMES), CLASS_NAMES)]
    assert names == [
        "recall:b", "accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "calibration_error",
        "precision:b", "roc_auc:b",
    ]  # fmt: skip
    assert [each.name for each in all_metrics(ACCURACY, [str(each) for each in range(6)])][-1] == "top_k:5"


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=60))
def test_images_of_one_score_are_ranked_half(drawn: list[tuple[int, int]]) -> None:
    """Which halves of probabilities make many of; as scikit-learn counts them."""
    labels, scores = np.array([label for label, _ in drawn]), np.array([float(score) for _, score in drawn])
    if len(set(labels)) < 2:
        return
    outputs = Outputs(labels, labels, 2, log_probabilities=np.stack([-scores, scores], axis=1).astype(np.float16))
    value = metric_of("roc_auc:b", ["a", "b"]).value(outputs)
    assert value == pytest.approx(reference.roc_auc_score(labels, scores))
