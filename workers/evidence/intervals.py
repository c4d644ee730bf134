"""Confidence intervals for paired differences over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Interval:
    """A mean, its confidence interval and the standard deviation of what it was taken over, in one unit."""

    mean: float
    low: float
    high: float
    standard_deviation: float


def corrected_interval(
    differences: Sequence[float], *, training_images: int, validation_images: int, confidence: float
) -> Interval:
    """The two-sided t interval for the mean difference over overlapping random splits.

    Splits of one dataset overlap, so differences on them are correlated and the usual s²/k is too small.
    Nadeau and Bengio ("Inference for the Generalization Error", Machine Learning 52, 2003, section 3) replace it
    by (1/k + n_validation/n_training) s², with k - 1 degrees of freedom.

    Args:
        differences: one per seed, at least two.
        training_images: in each split.
        validation_images: in each split.
        confidence: in (0, 1).

    Raises:
        ValueError: fewer than two differences.
    """
    count = len(differences)
    if count < 2:
        raise ValueError(f"an interval needs two differences or more, got {count}")
    mean = float(np.mean(differences))
    deviation = float(np.std(differences, ddof=1))
    standard_error = deviation * math.sqrt(1 / count + validation_images / training_images)
    half_width = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * standard_error
    return Interval(mean, mean - half_width, mean + half_width, deviation)


def simultaneous_confidence(confidence: float, comparisons: int) -> float:
    """The confidence of each of several intervals for all of them to hold together (Bonferroni)."""
    return 1 - (1 - confidence) / comparisons
