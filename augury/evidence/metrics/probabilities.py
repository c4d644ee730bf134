"""Metrics of how probable a model takes classes to be: log loss, top-k accuracy, calibration error."""

from __future__ import annotations

import math

import numpy as np

from augury.evidence.metrics.outputs import Floats, ImageDifferences, Outputs, Side

MIN_PROBABILITY = 1e-7
"""Less counts as so much, as a probability that was rounded to zero would be an infinite loss."""
BINS = 15
"""Of the calibration error, after Guo et al. (ICML 2017)."""


def log_losses(outputs: Outputs, _: int | None) -> Floats | None:
    """Minus the logarithm of the true class's probability, nats ``[n]``."""
    if outputs.probability is None:
        return None
    losses: Floats = -np.log(np.maximum(outputs.probability.astype(np.float64), MIN_PROBABILITY))
    return losses


def log_loss_differences(one: Side, other: Side, _: int | None) -> ImageDifferences | None:
    """Each image's own loss. One that comes out otherwise is taken to change by as much as any did, or as guessing."""
    difference = _lower_is_better(one, other)
    if difference is None:
        return None
    guessing = math.log(max(2, 1 + int(one.labels.max())))
    return ImageDifferences(difference, step=max(guessing, float(np.abs(difference).max())))


def top_k_hits(outputs: Outputs, count: int | None) -> Floats | None:
    """1 where the true class is among the *count* most probable ones, 0 elsewhere ``[n]``."""
    return None if outputs.rank is None or count is None else (outputs.rank < count).astype(np.float64)


def top_k_differences(one: Side, other: Side, _: int | None) -> ImageDifferences | None:
    """As of accuracy."""
    difference = _lower_is_better(other, one)
    return None if difference is None else ImageDifferences(difference)


def calibration_gaps(outputs: Outputs, _: int | None) -> Floats | None:
    """Right minus confidence, with the sign that its bin has on the whole ``[n]``: their mean is the calibration error.

    The binned expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015) over bins of equal width. The
    sign is the derivative of the bin's absolute value, so these are its influence function; where a bin's gap is near
    zero, the sign is an accident and the error is biased upwards, which no linearisation shows.
    """
    if outputs.confidence is None:
        return None
    confidence = outputs.confidence.astype(np.float64)
    gap = (outputs.labels == outputs.predicted) - confidence
    within = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    of_bin = np.bincount(within, gap, BINS)
    signed: Floats = np.where(of_bin[within] < 0, -gap, gap)
    return signed


def calibration_differences(one: Side, other: Side, _: int | None) -> ImageDifferences | None:
    """Each image's signed gap."""
    difference = _lower_is_better(one, other)
    return None if difference is None else ImageDifferences(difference, step=1.0)


def _lower_is_better(one: Side, other: Side) -> Floats | None:
    if one.image_values is None or other.image_values is None:
        return None
    difference: Floats = other.image_values.astype(np.float64) - one.image_values.astype(np.float64)
    return difference
