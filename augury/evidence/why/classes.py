"""What a candidate does to each class, and which classes it makes the model confuse.

A candidate can help the mean and ruin a class (Balestriero, Bottou and LeCun, "The Effects of Regularization and Data
Augmentation are Class Dependent", NeurIPS 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from api_schemas.reports.evidence import ClassEffect
from augury.evidence.arm_results import ArmRecord
from augury.evidence.statistics.paired_outcomes import (
    Booleans,
    Floats,
    Integers,
    PairedOutcomes,
    paired_outcomes,
    shared_seeds,
)
from augury.evidence.statistics.variance_components import Interval, estimate_paired_difference


@dataclass(frozen=True)
class ClassDifference:
    """One class under a candidate and its reference. Accuracies are fractions, the difference is in points."""

    label: int
    images_per_seed: float
    reference_accuracy: float | None
    """Mean over the seeds that validate on the class; None where none does."""
    candidate_accuracy: float | None
    difference: Interval | None
    """Of this class taken alone; None where fewer than two seeds validate on it."""
    adjusted_p: float | None
    """After Holm's correction over the classes that have one."""
    significant: bool
    """Whether ``adjusted_p`` is below one minus the confidence. The interval alone decides nothing."""


@dataclass(frozen=True)
class GrownConfusion:
    """A pair of classes that the candidate confuses more often than its reference. Shares are of the true class."""

    source: int
    target: int
    reference_share: float
    candidate_share: float


def class_differences(
    candidate: ArmRecord, reference: ArmRecord, classes: int, confidence: float, groups: Integers | None = None
) -> list[ClassDifference]:
    """Every class in label order; empty where the arms share fewer than two seeds.

    Raises:
        ValueError: the arms were validated on different images, or the confidence is not in (0, 1).
    """
    outcomes = paired_outcomes(candidate, reference, groups)
    if outcomes is None:
        return []
    seeds = shared_seeds(candidate, reference)
    labels = np.concatenate([reference.seeds[seed].labels for seed in seeds])
    right = [np.concatenate([arm.seeds[seed].correct for seed in seeds]) for arm in (reference, candidate)]
    tested = [_tested(outcomes, labels == label, confidence) for label in range(classes)]
    adjusted = _holm([p for _, p in tested])
    return [
        ClassDifference(
            label=label,
            images_per_seed=float((labels == label).sum()) / outcomes.seeds,
            reference_accuracy=_mean_over_seeds(right[0], outcomes, labels == label),
            candidate_accuracy=_mean_over_seeds(right[1], outcomes, labels == label),
            difference=tested[label][0],
            adjusted_p=adjusted[label],
            significant=_is_below(adjusted[label], 1 - confidence),
        )
        for label in range(classes)
    ]


def losses(classes: Sequence[ClassEffect]) -> list[ClassEffect]:
    """The classes of a report that lose significantly, most first."""
    lost = [each for each in classes if each.significant and each.difference is not None and each.difference < 0]
    return sorted(lost, key=lambda each: each.difference or 0.0)


def grown_confusions(
    candidate: ArmRecord, reference: ArmRecord, classes: int, max_pairs: int = 10, min_images: int = 2
) -> list[GrownConfusion]:
    """The pairs (true class, prediction) that grew most as a share of the true class, greatest growth first.

    Over the seeds that both arms finished. A pair that grew by fewer than *min_images* predictions in all is left
    out: one image is an accident.
    """
    seeds = shared_seeds(candidate, reference)
    if not seeds:
        return []
    before, after = (_confusions(arm, seeds, classes) for arm in (reference, candidate))
    images = np.maximum(before.sum(axis=1, keepdims=True), 1)
    growth = (after - before) / images
    growth[after - before < min_images] = 0
    np.fill_diagonal(growth, 0)
    order = np.argsort(-growth, axis=None, kind="stable")[:max_pairs]
    sources, targets = np.unravel_index(order, growth.shape)
    return [
        GrownConfusion(
            int(source),
            int(target),
            float(before[source, target] / images[source, 0]),
            float(after[source, target] / images[source, 0]),
        )
        for source, target in zip(sources, targets, strict=True)
        if growth[source, target] > 0
    ]


def _tested(outcomes: PairedOutcomes, of_class: Booleans, confidence: float) -> tuple[Interval | None, float | None]:
    chosen = outcomes.only(of_class)
    if chosen is None:
        return None, None
    estimate = estimate_paired_difference(chosen)
    # A class of few images cannot be surer than their number, which a t statistic does not know.
    return estimate.interval(confidence), max(estimate.p_value(), estimate.sign_p)


def _holm(p_values: list[float | None]) -> list[float | None]:
    """Holm's adjusted p-values (Scandinavian Journal of Statistics 6, 1979); classes without one stay without."""
    known = sorted((p, label) for label, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, label) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[label] = largest
    return adjusted


def _mean_over_seeds(right: Booleans, outcomes: PairedOutcomes, of_class: Booleans) -> float | None:
    images = np.bincount(outcomes.seed[of_class], minlength=outcomes.seeds)
    hits = np.bincount(outcomes.seed[of_class], right[of_class], outcomes.seeds)
    return float(np.mean(hits[images > 0] / images[images > 0])) if images.any() else None


def _confusions(arm: ArmRecord, seeds: list[int], classes: int) -> Floats:
    """Predictions by true class and predicted class, summed over seeds ``[classes, classes]``."""
    labels = np.concatenate([arm.seeds[seed].labels for seed in seeds])
    predicted = np.concatenate([arm.seeds[seed].predicted for seed in seeds])
    counts = np.bincount(labels * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.float64)


def _is_below(p: float | None, level: float) -> bool:
    return p is not None and p < level
