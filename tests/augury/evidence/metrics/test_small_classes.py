"""What few images of a class can show by metrics in which they weigh much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.evidence.metrics.outputs import Outputs
from augury.evidence.metrics.table import metric_of
from augury.evidence.statistics.paired_outcomes import paired_outcomes
from augury.evidence.statistics.variance_components import Interval, estimate_paired_difference
from augury.evidence.statistics.weighted_units import telling_units, weighted_signs
from tests.augury.evidence.metrics.models import CLASS_NAMES, arm_of, outputs_of

OF_CLASSES = ("balanced_accuracy", "macro_f1", "roc_auc", "precision:b")


def _model(found: int, of_minority: int, majority: int = 200) -> Outputs:
    """A model that recognises all of class a, and so many of the images of class b: as sure as it can be."""
    labels = np.repeat([0, 1], [majority, of_minority])
    taken = np.repeat([0, 1, 0], [majority, found, of_minority - found])
    probabilities = np.full((len(labels), 3), 0.005)
    probabilities[np.arange(len(labels)), taken] = 0.99
    return outputs_of(labels, probabilities)


def _interval(name: str, candidate: Outputs, reference: Outputs, seeds: int = 10) -> Interval:
    metric = metric_of(name, CLASS_NAMES)
    outcomes = paired_outcomes(
        arm_of("candidate", [candidate] * seeds, metric), arm_of("baseline", [reference] * seeds, metric), metric=metric
    )
    assert outcomes is not None
    return estimate_paired_difference(outcomes).interval(0.95)


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "roc_auc"])
@pytest.mark.parametrize("of_minority", [1, 3, 5])
def test_a_class_of_few_images_does_not_vouch_for_itself(name: str, of_minority: int) -> None:
    """Each image of it is recognised by the candidate on all of ten seeds, and never by the baseline."""
    interval = _interval(name, _model(of_minority, of_minority), _model(0, of_minority))
    assert interval.mean > 10
    assert interval.low < 0


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "roc_auc"])
def test_a_class_of_enough_images_does(name: str) -> None:
    """Twenty images cannot agree so by accident."""
    assert _interval(name, _model(20, 20), _model(0, 20)).low > 0


@pytest.mark.parametrize("name", OF_CLASSES)
def test_two_arms_that_never_differ_are_as_equal_as_the_rare_class_can_tell(name: str) -> None:
    """Without a single error on three images of a class, a tenth of the metric may still hide behind them."""
    interval = _interval(name, _model(3, 3), _model(3, 3))
    assert interval.mean == 0
    assert interval.high == -interval.low > 10


def test_one_image_lost_with_certainty_does_not_decide_a_log_loss() -> None:
    """It makes the whole mean, and an interval from one image reaches across zero."""
    labels = np.zeros(200, np.int64)
    sides = []
    for lost in (0, 1):
        of_true = np.full(200, 0.9)
        of_true[:lost] = 1e-6
        sides.append(outputs_of(labels, np.stack([of_true, (1 - of_true) / 2, (1 - of_true) / 2], axis=1)))
    interval = _interval("log_loss", *sides)
    assert interval.mean > 5
    assert interval.low < 0


def test_a_smaller_loss_is_better() -> None:
    """A candidate that is surer of what is right is above zero by log loss."""
    labels = np.arange(90) % 3
    sides = [outputs_of(labels, np.where(np.eye(3)[labels] > 0, own, (1 - own) / 2)) for own in (0.9, 0.6)]
    assert _interval("log_loss", *sides).low > 0


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=100), st.floats(0.01, 100))
def test_units_of_one_weight_are_counted(signs: list[int], weight: float) -> None:
    """As many for and against as there are, whatever the weight is."""
    assert weighted_signs(weight * np.array(signs)) == (signs.count(1), signs.count(-1))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=100))
def test_units_of_unequal_weight_count_as_fewer(sums: list[float]) -> None:
    """Never as more than there are, and those that speak for nothing not at all."""
    gained, lost = weighted_signs(np.round(sums, 3))
    assert gained + lost <= np.count_nonzero(np.round(sums, 3)) + 1


def test_what_three_units_of_a_thousand_make_is_known_from_few() -> None:
    """Normal contributions tell as much as there are of them; three large ones about what three tell."""
    normal = np.random.default_rng(4).normal(0, 1, 4000)
    assert telling_units(normal) == pytest.approx(4000, rel=0.1)
    few = np.zeros(1000)
    few[:3] = 1
    assert 3 < telling_units(few) < 8


def test_what_a_frequent_class_gains_does_not_hide_what_a_rare_one_may_lose() -> None:
    """A candidate that does a sixth of one class better and a sixth of the other worse is as good as the baseline.

    Of ten images of the rare class often none or one is lost, and the gain alone is then as clear as can be.
    """
    generator, metric = np.random.default_rng(3), metric_of("balanced_accuracy", ["a", "b"])
    labels, false = np.repeat([0, 1], [190, 10]), 0
    for _ in range(100):
        of_image = generator.random(200)
        baseline = of_image < 0.8
        candidate = np.where(labels == 0, of_image < 0.95, (of_image > 0.15) & baseline)
        arms = [
            [_taken(labels, right ^ (generator.random(200) < 0.03)) for _ in range(5)]
            for right in (candidate, baseline)
        ]
        sides = [arm_of(name, seeds, metric) for name, seeds in zip(("candidate", "baseline"), arms, strict=True)]
        outcomes = paired_outcomes(*sides, metric=metric)
        assert outcomes is not None
        interval = estimate_paired_difference(outcomes).interval(0.95)
        false += interval.low > 0 or interval.high < 0
    assert false <= 5


def _taken(labels: np.ndarray, right: np.ndarray) -> Outputs:
    return Outputs(labels, np.where(right, labels, 1 - labels), 2)
